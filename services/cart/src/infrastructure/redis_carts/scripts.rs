//! What is done to carts in Redis, each as one step.
//!
//! A cart is a hash: `v` version, `d` the document, `c` the customer's id or empty, `u` when it was changed and `e` when it
//! ends (microseconds), `o` the calls that were done last, so that one that is repeated is known, `a` the orders that were
//! taken out of it and of the carts merged into it, `m` those carts, `t` the cart that it was merged into, `g` that it was
//! destroyed. Beside them stand three sorted sets: a customer's carts by their last change, all carts by their end, and those
//! whose snapshot is behind.

use hanse_redis::Script;

/// `ARGV[1]` is what all keys begin with. The keys depend on what is found, so that this runs on one Redis and on no cluster
/// of them.
const TOOLS: &str = "
local root = ARGV[1]
local ending, behind = root .. 'carts-ending', root .. 'carts-behind'
local function cart(id) return root .. 'cart:' .. id end
local function carts_of(customer) return root .. 'carts-of:' .. customer end
local function forgotten(customer) return root .. 'carts-forgotten:' .. customer end

local function snapshot(id)
  redis.call('ZADD', behind, redis.call('INCR', root .. 'carts-changes'), id)
end

local function done(id, call)
  local calls = redis.call('HGET', cart(id), 'o')
  return calls and string.find(calls, call, 1, true) ~= nil
end

local function note(id, call)
  local calls = (redis.call('HGET', cart(id), 'o') or '') .. call .. ' '
  if #calls > 592 then calls = string.sub(calls, #calls - 591) end
  redis.call('HSET', cart(id), 'o', calls)
end

-- At this version, not merged into another and not destroyed.
local function stands_at(id, version)
  local now = redis.call('HMGET', cart(id), 'v', 't', 'g')
  return now[1] == version and not now[2] and not now[3]
end

local function write(id, version, document, customer, updated, ends)
  local before = redis.call('HGET', cart(id), 'c')
  if before and before ~= '' and before ~= customer then redis.call('ZREM', carts_of(before), id) end
  if customer ~= '' then redis.call('ZADD', carts_of(customer), updated, id) end
  redis.call('HSET', cart(id), 'v', version, 'd', document, 'c', customer, 'u', updated, 'e', ends)
  redis.call('ZADD', ending, ends, id)
end

local function append(id, field, more)
  if more and more ~= '' then
    local had = redis.call('HGET', cart(id), field)
    redis.call('HSET', cart(id), field, had and had ~= '' and (had .. ' ' .. more) or more)
  end
end
";

/// Arguments: root, id, call, version, document, customer, updated, ends.
const INSERT: &str = "
local id, call = ARGV[2], ARGV[3]
if done(id, call) then return 1 end
if redis.call('EXISTS', cart(id)) == 1 then return 0 end
write(id, ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8])
note(id, call)
snapshot(id)
return 1
";

/// As INSERT without a call, then the orders, the carts merged into it, and what it was merged into: back from its
/// snapshot, unless it is there or its customer was forgotten.
const RESTORE: &str = "
local id, customer = ARGV[2], ARGV[5]
if redis.call('EXISTS', cart(id)) == 1 then return 0 end
if customer ~= '' and redis.call('EXISTS', forgotten(customer)) == 1 then return 0 end
write(id, ARGV[3], ARGV[4], customer, ARGV[6], ARGV[7])
append(id, 'a', ARGV[8])
append(id, 'm', ARGV[9])
if ARGV[10] ~= '' then redis.call('HSET', cart(id), 't', ARGV[10]) end
return 1
";

/// Arguments: root, id, call, version before, version, document, customer, updated, ends, an order that is taken out or
/// nothing. Answers 1 done, 0 another version stands there, -1 there is no such cart.
const SAVE: &str = "
local id, call, order = ARGV[2], ARGV[3], ARGV[10]
if redis.call('EXISTS', cart(id)) == 0 then return -1 end
if done(id, call) then return 1 end
if not stands_at(id, ARGV[4]) then return 0 end
write(id, ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9])
append(id, 'a', order)
note(id, call)
snapshot(id)
return 1
";

/// As SAVE without an order, then the absorbed cart: its id, its version, and the document that is left of it.
const MERGE: &str = "
local id, call, other = ARGV[2], ARGV[3], ARGV[10]
if redis.call('EXISTS', cart(id)) == 0 or redis.call('EXISTS', cart(other)) == 0 then return -1 end
if done(id, call) then return 1 end
if not stands_at(id, ARGV[4]) or not stands_at(other, ARGV[11]) then return 0 end
write(id, ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9])
local had = redis.call('HMGET', cart(other), 'a', 'm')
append(id, 'a', had[1])
append(id, 'm', other)
append(id, 'm', had[2])
redis.call('HSET', cart(other), 'v', ARGV[11] + 1, 'd', ARGV[12], 't', id)
note(id, call)
-- First what is not a cart any more: at no moment do the snapshots have its goods twice.
snapshot(other)
snapshot(id)
return 1
";

/// Arguments: root, now, how many. What has ended is nobody's any more, so that nothing is left to remember.
const SWEEP: &str = "
local ids = redis.call('ZRANGEBYSCORE', ending, '-inf', ARGV[2], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  local customer = redis.call('HGET', cart(id), 'c')
  if customer and customer ~= '' then redis.call('ZREM', carts_of(customer), id) end
  redis.call('DEL', cart(id))
  redis.call('ZREM', ending, id)
  redis.call('ZREM', behind, id)
end
return #ids
";

/// Arguments: root, customer, how long a destroyed cart and a forgotten customer are remembered in milliseconds. That
/// outlasts whatever is under way with what was read before.
const FORGET: &str = "
local customer, remembered = ARGV[2], ARGV[3]
redis.call('SET', forgotten(customer), '', 'PX', remembered)
for _, id in ipairs(redis.call('ZRANGE', carts_of(customer), 0, -1)) do
  local version = redis.call('HGET', cart(id), 'v')
  redis.call('DEL', cart(id))
  redis.call('HSET', cart(id), 'g', 1, 'v', (version or 0) + 1)
  redis.call('PEXPIRE', cart(id), remembered)
  redis.call('ZREM', ending, id)
  snapshot(id)
end
redis.call('DEL', carts_of(customer))
";

/// Arguments: root, id, how long a destroyed cart is remembered in milliseconds, and whether a snapshot of it says that it is a
/// customer's. Only a guest's is destroyed, or one that is not there: nobody brings it back then.
const FORGET_GUEST: &str = "
local id, remembered = ARGV[2], ARGV[3]
local now = redis.call('HMGET', cart(id), 'v', 'c', 't', 'g')
if now[4] then return 1 end
if now[1] then
  if now[2] ~= '' or now[3] then return 0 end
elseif ARGV[4] == '1' then
  return 0
end
redis.call('DEL', cart(id))
redis.call('HSET', cart(id), 'g', 1, 'v', (now[1] or 0) + 1)
redis.call('PEXPIRE', cart(id), remembered)
redis.call('ZREM', ending, id)
snapshot(id)
return 1
";

/// Arguments: root, then for each snapshot that was written its id, the number under which it was behind, and whether it
/// shows a cart. What has not changed since is behind no more; what was destroyed meanwhile is, because a snapshot of it has
/// just been written.
const CAUGHT_UP: &str = "
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  if ARGV[i + 2] == '1' and redis.call('HEXISTS', cart(id), 'g') == 1 then
    snapshot(id)
  elseif redis.call('ZSCORE', behind, id) == ARGV[i + 1] then
    redis.call('ZREM', behind, id)
  end
end
";

/// Arguments: root, id, the document that stood there, and the same sealed. Its version stays: it is the same cart.
const RESEAL: &str = "
local id = ARGV[2]
if redis.call('HGET', cart(id), 'd') ~= ARGV[3] then return 0 end
redis.call('HSET', cart(id), 'd', ARGV[4])
return 1
";

pub struct Scripts {
    pub insert: Script,
    pub restore: Script,
    pub save: Script,
    pub merge: Script,
    pub sweep: Script,
    pub forget: Script,
    pub forget_guest: Script,
    pub caught_up: Script,
    pub reseal: Script,
}

impl Scripts {
    pub fn new() -> Self {
        let with_tools = |name, code: &str| Script::new(name, &format!("{TOOLS}{code}"));
        Self {
            insert: with_tools("cart_insert", INSERT),
            restore: with_tools("cart_restore", RESTORE),
            save: with_tools("cart_save", SAVE),
            merge: with_tools("cart_merge", MERGE),
            sweep: with_tools("cart_sweep", SWEEP),
            forget: with_tools("cart_forget", FORGET),
            forget_guest: with_tools("cart_forget_guest", FORGET_GUEST),
            caught_up: with_tools("cart_caught_up", CAUGHT_UP),
            reseal: with_tools("cart_reseal", RESEAL),
        }
    }
}
