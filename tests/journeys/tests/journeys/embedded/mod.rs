//! Stories of the data folder itself, which a league has not: how it is taken, filled, copied, killed with what is in it, and
//! left for a league. What a league has instead is told elsewhere: its restore in `restored_league`, kills and lost stores
//! of its processes in `tests/chaos`.

mod backup;
mod crash;
mod disk;
mod folder;
mod moving;
