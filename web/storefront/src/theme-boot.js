// Runs before the first paint: a visitor's chosen appearance, if any, overrules the system's. Kept apart from the app so
// that the page needs no inline script.
try {
  const theme = localStorage.getItem('hanse.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch (error) {
  // Storage may be forbidden (private windows, embedded pages): the system's appearance stays.
  console.debug('appearance: no storage', error)
}
