// Loads a bundled file of the program, with the compiled code that the build kept beside it.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

/** Where the compiled code of a bundled file is kept. Another Node, or other V8 flags, refuse it and compile anew. */
const codePath = (path) => `${path}.code`;

/**
 * Compiles a bundled file, or takes its kept code where that fits.
 * @param {string} path of a CommonJS file that holds ASCII only
 * @returns {Script} whose value is a function of what a CommonJS module is given
 */
function compileProgram(path) {
  let cachedData;
  try {
    cachedData = readFileSync(codePath(path));
  } catch {
    // A bundle that was not warmed up: its code is compiled as it is needed.
  }
  const body = readFileSync(path, 'latin1');
  return new Script(`(function(exports,require,module,__filename,__dirname){${body}\n})`, {
    filename: path,
    cachedData,
  });
}

/** Runs a compiled file, once. @returns {object} what it exports */
function startProgram(script, path) {
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
  return module.exports;
}

module.exports = {
  codePath,
  compileProgram,
  startProgram,
  loadProgram: (path) => startProgram(compileProgram(path), path),
};
