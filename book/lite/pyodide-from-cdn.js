// Used only where the live pages have no Pyodide of their own (book/lite/README.md).
// Pyodide comes from its public address; our own lock and wheels lie beside this file, at an address
// that is known only when a page is open: so file names are made absolute here.
const PYODIDE = "__ADDRESS__";
importScripts(PYODIDE + "pyodide.js");
const loadOfficial = self.loadPyodide;
self.loadPyodide = async (options) => {
  const lockURL = options.lockFileURL;
  const lock = await (await fetch(lockURL)).json();
  for (const entry of Object.values(lock.packages)) {
    entry.file_name = new URL(entry.file_name, lockURL).href;
  }
  const lockFile = new Blob([JSON.stringify(lock)], { type: "application/json" });
  return loadOfficial({ ...options, indexURL: PYODIDE, lockFileURL: URL.createObjectURL(lockFile) });
};
