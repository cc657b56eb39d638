/**
 * Takes the place of VS Code's native log writer `@vscode/spdlog`, which the registry has no binaries for. Without
 * one every log and output channel of the editor stays empty. Writes at once, and keeps one file of limited size.
 */
const { appendFileSync, mkdirSync, renameSync, statSync } = require("node:fs");
const path = require("node:path");

const names = ["trace", "debug", "info", "warning", "error", "critical"];
const off = names.length;

class Logger {
  constructor(_type, _name, file, maxBytes, _maxFiles) {
    this.file = file;
    this.maxBytes = maxBytes;
    this.level = 2;
    this.pattern = "%Y-%m-%d %H:%M:%S.%e [%l] %v";
    this.bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }

  getLevel() {
    return this.level;
  }

  setLevel(level) {
    this.level = level;
  }

  setPattern(pattern) {
    this.pattern = pattern;
  }

  clearFormatters() {
    this.pattern = null;
  }

  flush() {
    // Every line is in the file already.
  }

  drop() {
    this.level = off;
  }

  write(level, message) {
    if (level < this.level) return;
    const text = this.pattern === null ? message : `${format(this.pattern, names[level], message)}\n`;
    if (this.bytes > this.maxBytes) {
      renameSync(this.file, `${this.file}.1`);
      this.bytes = 0;
    }
    appendFileSync(this.file, text);
    this.bytes += Buffer.byteLength(text);
  }
}

for (const [level, method] of ["trace", "debug", "info", "warn", "error", "critical"].entries()) {
  Logger.prototype[method] = function log(message) {
    this.write(level, message);
  };
}

function format(pattern, level, message) {
  const now = new Date();
  const two = (number) => String(number).padStart(2, "0");
  const parts = {
    Y: now.getFullYear(),
    m: two(now.getMonth() + 1),
    d: two(now.getDate()),
    H: two(now.getHours()),
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    e: String(now.getMilliseconds()).padStart(3, "0"),
    l: level,
    v: message,
  };
  return pattern.replace(/%([YmdHMSelv])/g, (_, part) => String(parts[part]));
}

async function createLogger(type, name, file, maxBytes, maxFiles) {
  mkdirSync(path.dirname(file), { recursive: true });
  return new Logger(type, name, file, maxBytes, maxFiles);
}

exports.version = 0;
exports.setLevel = () => undefined;
exports.setFlushOn = () => undefined;
exports.Logger = Logger;
exports.createRotatingLogger = (...facts) => createLogger("rotating", ...facts);
exports.createAsyncRotatingLogger = (...facts) => createLogger("rotating_async", ...facts);
