import { createRequire as __createRequire } from "node:module";
const require = __createRequire(import.meta.url);
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __knownSymbol = (name, symbol) => (symbol = Symbol[name]) ? symbol : /* @__PURE__ */ Symbol.for("Symbol." + name);
var __typeError = (msg) => {
  throw TypeError(msg);
};
var __require = /* @__PURE__ */ ((x) => typeof require !== "undefined" ? require : typeof Proxy !== "undefined" ? new Proxy(x, {
  get: (a, b) => (typeof require !== "undefined" ? require : a)[b]
}) : x)(function(x) {
  if (typeof require !== "undefined") return require.apply(this, arguments);
  throw Error('Dynamic require of "' + x + '" is not supported');
});
var __commonJS = (cb, mod) => function __require2() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __using = (stack, value, async) => {
  if (value != null) {
    if (typeof value !== "object" && typeof value !== "function") __typeError("Object expected");
    var dispose, inner;
    if (async) dispose = value[__knownSymbol("asyncDispose")];
    if (dispose === void 0) {
      dispose = value[__knownSymbol("dispose")];
      if (async) inner = dispose;
    }
    if (typeof dispose !== "function") __typeError("Object not disposable");
    if (inner) dispose = function() {
      try {
        inner.call(this);
      } catch (e) {
        return Promise.reject(e);
      }
    };
    stack.push([async, dispose, value]);
  } else if (async) {
    stack.push([async]);
  }
  return value;
};
var __callDispose = (stack, error, hasError) => {
  var E = typeof SuppressedError === "function" ? SuppressedError : function(e, s, m, _) {
    return _ = Error(m), _.name = "SuppressedError", _.error = e, _.suppressed = s, _;
  };
  var fail = (e) => error = hasError ? new E(e, error, "An error was suppressed during disposal") : (hasError = true, e);
  var next = (it) => {
    while (it = stack.pop()) {
      try {
        var result = it[1] && it[1].call(it[2]);
        if (it[0]) return Promise.resolve(result).then(next, (e) => (fail(e), next()));
      } catch (e) {
        fail(e);
      }
    }
    if (hasError) throw error;
  };
  return next();
};

// node_modules/b4a/index.js
var require_b4a = __commonJS({
  "node_modules/b4a/index.js"(exports, module) {
    function isBuffer(value) {
      return Buffer.isBuffer(value) || value instanceof Uint8Array;
    }
    function isEncoding(encoding) {
      return Buffer.isEncoding(encoding);
    }
    function alloc(size, fill2, encoding) {
      return Buffer.alloc(size, fill2, encoding);
    }
    function allocUnsafe(size) {
      return Buffer.allocUnsafe(size);
    }
    function allocUnsafeSlow(size) {
      return Buffer.allocUnsafeSlow(size);
    }
    function byteLength(string3, encoding) {
      return Buffer.byteLength(string3, encoding);
    }
    function compare(a, b) {
      return Buffer.compare(a, b);
    }
    function concat(buffers, totalLength) {
      return Buffer.concat(buffers, totalLength);
    }
    function copy(source, target, targetStart, start, end) {
      return toBuffer(source).copy(target, targetStart, start, end);
    }
    function equals(a, b) {
      return toBuffer(a).equals(b);
    }
    function fill(buffer, value, offset, end, encoding) {
      return toBuffer(buffer).fill(value, offset, end, encoding);
    }
    function from(value, encodingOrOffset, length) {
      return Buffer.from(value, encodingOrOffset, length);
    }
    function includes(buffer, value, byteOffset, encoding) {
      return toBuffer(buffer).includes(value, byteOffset, encoding);
    }
    function indexOf(buffer, value, byfeOffset, encoding) {
      return toBuffer(buffer).indexOf(value, byfeOffset, encoding);
    }
    function lastIndexOf(buffer, value, byteOffset, encoding) {
      return toBuffer(buffer).lastIndexOf(value, byteOffset, encoding);
    }
    function swap16(buffer) {
      return toBuffer(buffer).swap16();
    }
    function swap32(buffer) {
      return toBuffer(buffer).swap32();
    }
    function swap64(buffer) {
      return toBuffer(buffer).swap64();
    }
    function toBuffer(buffer) {
      if (Buffer.isBuffer(buffer)) return buffer;
      return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    }
    function toString(buffer, encoding, start, end) {
      return toBuffer(buffer).toString(encoding, start, end);
    }
    function toHex(buffer, start, end) {
      return toBuffer(buffer).toString("hex", start, end);
    }
    function write(buffer, string3, offset, length, encoding) {
      return toBuffer(buffer).write(string3, offset, length, encoding);
    }
    function readDoubleBE(buffer, offset) {
      return toBuffer(buffer).readDoubleBE(offset);
    }
    function readDoubleLE(buffer, offset) {
      return toBuffer(buffer).readDoubleLE(offset);
    }
    function readFloatBE(buffer, offset) {
      return toBuffer(buffer).readFloatBE(offset);
    }
    function readFloatLE(buffer, offset) {
      return toBuffer(buffer).readFloatLE(offset);
    }
    function readInt32BE(buffer, offset) {
      return toBuffer(buffer).readInt32BE(offset);
    }
    function readInt32LE(buffer, offset) {
      return toBuffer(buffer).readInt32LE(offset);
    }
    function readUInt32BE(buffer, offset) {
      return toBuffer(buffer).readUInt32BE(offset);
    }
    function readUInt32LE(buffer, offset) {
      return toBuffer(buffer).readUInt32LE(offset);
    }
    function writeDoubleBE(buffer, value, offset) {
      return toBuffer(buffer).writeDoubleBE(value, offset);
    }
    function writeDoubleLE(buffer, value, offset) {
      return toBuffer(buffer).writeDoubleLE(value, offset);
    }
    function writeFloatBE(buffer, value, offset) {
      return toBuffer(buffer).writeFloatBE(value, offset);
    }
    function writeFloatLE(buffer, value, offset) {
      return toBuffer(buffer).writeFloatLE(value, offset);
    }
    function writeInt32BE(buffer, value, offset) {
      return toBuffer(buffer).writeInt32BE(value, offset);
    }
    function writeInt32LE(buffer, value, offset) {
      return toBuffer(buffer).writeInt32LE(value, offset);
    }
    function writeUInt32BE(buffer, value, offset) {
      return toBuffer(buffer).writeUInt32BE(value, offset);
    }
    function writeUInt32LE(buffer, value, offset) {
      return toBuffer(buffer).writeUInt32LE(value, offset);
    }
    module.exports = {
      isBuffer,
      isEncoding,
      alloc,
      allocUnsafe,
      allocUnsafeSlow,
      byteLength,
      compare,
      concat,
      copy,
      equals,
      fill,
      from,
      includes,
      indexOf,
      lastIndexOf,
      swap16,
      swap32,
      swap64,
      toBuffer,
      toString,
      toHex,
      write,
      readDoubleBE,
      readDoubleLE,
      readFloatBE,
      readFloatLE,
      readInt32BE,
      readInt32LE,
      readUInt32BE,
      readUInt32LE,
      writeDoubleBE,
      writeDoubleLE,
      writeFloatBE,
      writeFloatLE,
      writeInt32BE,
      writeInt32LE,
      writeUInt32BE,
      writeUInt32LE
    };
  }
});

// node_modules/tar-stream/headers.js
var require_headers = __commonJS({
  "node_modules/tar-stream/headers.js"(exports) {
    var b4a = require_b4a();
    var ZEROS3 = "0000000000000000000";
    var SEVENS = "7777777777777777777";
    var ZERO_OFFSET = "0".charCodeAt(0);
    var USTAR_MAGIC = b4a.from([117, 115, 116, 97, 114, 0]);
    var USTAR_VER = b4a.from([ZERO_OFFSET, ZERO_OFFSET]);
    var GNU_MAGIC = b4a.from([117, 115, 116, 97, 114, 32]);
    var GNU_VER = b4a.from([32, 0]);
    var MASK = 4095;
    var MAGIC_OFFSET = 257;
    var VERSION_OFFSET = 263;
    exports.decodeLongPath = function decodeLongPath(buf, encoding) {
      return decodeStr(buf, 0, buf.length, encoding);
    };
    exports.encodePax = function encodePax(opts) {
      let result = "";
      if (opts.name) result += addLength(" path=" + opts.name + "\n");
      if (opts.linkname) result += addLength(" linkpath=" + opts.linkname + "\n");
      const pax = opts.pax;
      if (pax) {
        for (const key in pax) {
          result += addLength(" " + key + "=" + pax[key] + "\n");
        }
      }
      return b4a.from(result);
    };
    exports.decodePax = function decodePax2(buf) {
      const result = {};
      while (buf.length) {
        let i = 0;
        while (i < buf.length && buf[i] !== 32) i++;
        const len = parseInt(b4a.toString(buf.subarray(0, i)), 10);
        if (!len) return result;
        const b = b4a.toString(buf.subarray(i + 1, len - 1));
        const keyIndex = b.indexOf("=");
        if (keyIndex === -1) return result;
        result[b.slice(0, keyIndex)] = b.slice(keyIndex + 1);
        buf = buf.subarray(len);
      }
      return result;
    };
    exports.encode = function encode2(opts) {
      const buf = b4a.alloc(512);
      let name = opts.name;
      let prefix = "";
      if (opts.typeflag === 5 && name[name.length - 1] !== "/") name += "/";
      if (b4a.byteLength(name) !== name.length) return null;
      while (b4a.byteLength(name) > 100) {
        const i = name.indexOf("/");
        if (i === -1) return null;
        prefix += prefix ? "/" + name.slice(0, i) : name.slice(0, i);
        name = name.slice(i + 1);
      }
      if (b4a.byteLength(name) > 100 || b4a.byteLength(prefix) > 155) return null;
      if (opts.linkname && b4a.byteLength(opts.linkname) > 100) return null;
      b4a.write(buf, name);
      b4a.write(buf, encodeOct(opts.mode & MASK, 6), 100);
      b4a.write(buf, encodeOct(opts.uid, 6), 108);
      b4a.write(buf, encodeOct(opts.gid, 6), 116);
      encodeSize(opts.size, buf, 124);
      b4a.write(buf, encodeOct(opts.mtime.getTime() / 1e3 | 0, 11), 136);
      buf[156] = ZERO_OFFSET + toTypeflag(opts.type);
      if (opts.linkname) b4a.write(buf, opts.linkname, 157);
      b4a.copy(USTAR_MAGIC, buf, MAGIC_OFFSET);
      b4a.copy(USTAR_VER, buf, VERSION_OFFSET);
      if (opts.uname) b4a.write(buf, opts.uname, 265);
      if (opts.gname) b4a.write(buf, opts.gname, 297);
      b4a.write(buf, encodeOct(opts.devmajor || 0, 6), 329);
      b4a.write(buf, encodeOct(opts.devminor || 0, 6), 337);
      if (prefix) b4a.write(buf, prefix, 345);
      b4a.write(buf, encodeOct(cksum(buf), 6), 148);
      return buf;
    };
    exports.decode = function decode2(buf, filenameEncoding, allowUnknownFormat) {
      let typeflag = buf[156] === 0 ? 0 : buf[156] - ZERO_OFFSET;
      let name = decodeStr(buf, 0, 100, filenameEncoding);
      const mode = decodeOct(buf, 100, 8);
      const uid = decodeOct(buf, 108, 8);
      const gid = decodeOct(buf, 116, 8);
      const size = decodeOct(buf, 124, 12);
      const mtime = decodeOct(buf, 136, 12);
      const type = toType(typeflag);
      const linkname = buf[157] === 0 ? null : decodeStr(buf, 157, 100, filenameEncoding);
      const uname = decodeStr(buf, 265, 32);
      const gname = decodeStr(buf, 297, 32);
      const devmajor = decodeOct(buf, 329, 8);
      const devminor = decodeOct(buf, 337, 8);
      const c = cksum(buf);
      if (c === 8 * 32) return null;
      if (c !== decodeOct(buf, 148, 8)) throw new Error("Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?");
      if (isUSTAR(buf)) {
        if (buf[345]) name = decodeStr(buf, 345, 155, filenameEncoding) + "/" + name;
      } else if (isGNU(buf)) {
      } else {
        if (!allowUnknownFormat) {
          throw new Error("Invalid tar header: unknown format.");
        }
      }
      if (typeflag === 0 && name && name[name.length - 1] === "/") typeflag = 5;
      return {
        name,
        mode,
        uid,
        gid,
        size,
        byteOffset: 0,
        mtime: new Date(1e3 * mtime),
        type,
        linkname,
        uname,
        gname,
        devmajor,
        devminor,
        pax: null
      };
    };
    function isUSTAR(buf) {
      return b4a.equals(USTAR_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6));
    }
    function isGNU(buf) {
      return b4a.equals(GNU_MAGIC, buf.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 6)) && b4a.equals(GNU_VER, buf.subarray(VERSION_OFFSET, VERSION_OFFSET + 2));
    }
    function clamp(index, len, defaultValue) {
      if (typeof index !== "number") return defaultValue;
      index = ~~index;
      if (index >= len) return len;
      if (index >= 0) return index;
      index += len;
      if (index >= 0) return index;
      return 0;
    }
    function toType(flag) {
      switch (flag) {
        case 0:
          return "file";
        case 1:
          return "link";
        case 2:
          return "symlink";
        case 3:
          return "character-device";
        case 4:
          return "block-device";
        case 5:
          return "directory";
        case 6:
          return "fifo";
        case 7:
          return "contiguous-file";
        case 72:
          return "pax-header";
        case 55:
          return "pax-global-header";
        case 27:
          return "gnu-long-link-path";
        case 28:
        case 30:
          return "gnu-long-path";
      }
      return null;
    }
    function toTypeflag(flag) {
      switch (flag) {
        case "file":
          return 0;
        case "link":
          return 1;
        case "symlink":
          return 2;
        case "character-device":
          return 3;
        case "block-device":
          return 4;
        case "directory":
          return 5;
        case "fifo":
          return 6;
        case "contiguous-file":
          return 7;
        case "pax-header":
          return 72;
      }
      return 0;
    }
    function indexOf(block, num, offset, end) {
      for (; offset < end; offset++) {
        if (block[offset] === num) return offset;
      }
      return end;
    }
    function cksum(block) {
      let sum2 = 8 * 32;
      for (let i = 0; i < 148; i++) sum2 += block[i];
      for (let j = 156; j < 512; j++) sum2 += block[j];
      return sum2;
    }
    function encodeOct(val, n) {
      val = val.toString(8);
      if (val.length > n) return SEVENS.slice(0, n) + " ";
      return ZEROS3.slice(0, n - val.length) + val + " ";
    }
    function encodeSizeBin(num, buf, off) {
      buf[off] = 128;
      for (let i = 11; i > 0; i--) {
        buf[off + i] = num & 255;
        num = Math.floor(num / 256);
      }
    }
    function encodeSize(num, buf, off) {
      if (num.toString(8).length > 11) {
        encodeSizeBin(num, buf, off);
      } else {
        b4a.write(buf, encodeOct(num, 11), off);
      }
    }
    function parse256(buf) {
      let positive;
      if (buf[0] === 128) positive = true;
      else if (buf[0] === 255) positive = false;
      else return null;
      const tuple2 = [];
      let i;
      for (i = buf.length - 1; i > 0; i--) {
        const byte = buf[i];
        if (positive) tuple2.push(byte);
        else tuple2.push(255 - byte);
      }
      let sum2 = 0;
      const l = tuple2.length;
      for (i = 0; i < l; i++) {
        sum2 += tuple2[i] * Math.pow(256, i);
      }
      return positive ? sum2 : -1 * sum2;
    }
    function decodeOct(val, offset, length) {
      val = val.subarray(offset, offset + length);
      offset = 0;
      if (val[offset] & 128) {
        return parse256(val);
      } else {
        while (offset < val.length && val[offset] === 32) offset++;
        const end = clamp(indexOf(val, 32, offset, val.length), val.length, val.length);
        while (offset < end && val[offset] === 0) offset++;
        if (end === offset) return 0;
        return parseInt(b4a.toString(val.subarray(offset, end)), 8);
      }
    }
    function decodeStr(val, offset, length, encoding) {
      return b4a.toString(val.subarray(offset, indexOf(val, 0, offset, offset + length)), encoding);
    }
    function addLength(str) {
      const len = b4a.byteLength(str);
      let digits = Math.floor(Math.log(len) / Math.log(10)) + 1;
      if (len + digits >= Math.pow(10, digits)) digits++;
      return len + digits + str;
    }
  }
});

// required:http
var require_http = __commonJS({
  "required:http"(exports, module) {
    module.exports = __require("node:http");
  }
});

// src/build-metadata.ts
import { closeSync as closeSync2, openSync as openSync2, readSync as readSync2, statSync } from "node:fs";
import { resolve } from "node:path";

// src/files/read-bounded.ts
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

// src/model/error.ts
var UserError = class extends Error {
  name = "UserError";
  /** Where in the config the mistake is, if it is there: whoever has read the file adds its name and the line. */
  path;
  constructor(message, options = {}) {
    super(message, options);
    this.path = options.path;
  }
};
var LimitError = class extends UserError {
  name = "LimitError";
  /** Name of the limit. */
  limit;
  constructor(message, limit, options) {
    super(message, options);
    this.limit = limit;
  }
};
function messageOf(thrown) {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

// src/files/read-bounded.ts
function readIfThere({ path, shown, limit, what }) {
  let descriptor;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new UserError(`${shown}: ${status.isDirectory() ? "a folder, " : ""}not a file`);
    if (status.size > limit) throw new UserError(`${shown}: ${status.size} bytes are more than ${what} has (${limit})`);
    return readBytes(descriptor, status.size);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const code = cause.code;
    if (code === "ENOENT") return void 0;
    if (code === "ELOOP")
      throw new UserError(`${shown}: can't be read (ELOOP): links are not followed, name the file itself`);
    if (code === "EACCES") throw new UserError(`${shown}: no permission to read it`);
    throw new UserError(`${shown}: can't be read (${code ?? "unknown cause"})`);
  } finally {
    if (descriptor !== void 0) closeSync(descriptor);
  }
}
function readBytes(descriptor, size) {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const read = readSync(descriptor, bytes, filled, size - filled, filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
function readBounded(file) {
  const bytes = readIfThere(file);
  if (bytes === void 0) throw new UserError(`${file.shown}: there is no such file${file.whereFrom ?? ""}`);
  return bytes;
}
function readJson(file) {
  const bytes = readBounded(file);
  const text = decodeText(bytes, file.shown);
  try {
    return { value: JSON.parse(text), size: bytes.length };
  } catch {
    throw new UserError(`${file.shown}: ${text.trim() === "" ? "it is empty" : "not JSON"}`);
  }
}
function decodeText(bytes, shown) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const utf16 = bytes[0] === 255 && bytes[1] === 254 || bytes[0] === 254 && bytes[1] === 255;
    const hint = utf16 ? " (it is UTF-16, which > of Windows PowerShell writes)" : "";
    throw new UserError(`${shown}: not UTF-8 text${hint}: save it as UTF-8`);
  }
}

// src/build-metadata.ts
var maximumSize = 16 * 1024 * 1024;
function expandBuildMetadata(references, folder) {
  return references.flatMap((reference) => {
    const [, path = "", target] = /^([^#]+)(?:#([^#]*))?$/.exec(reference) ?? [];
    return isDocument(resolve(folder, path)) ? readImages(resolve(folder, path), path, target) : [reference];
  });
}
function isDocument(path) {
  try {
    return statSync(path).isFile() && firstByteOf(path) === "{";
  } catch {
    return false;
  }
}
function firstByteOf(path) {
  const descriptor = openSync2(path, "r");
  try {
    const first = Buffer.alloc(1);
    return first.toString("latin1", 0, readSync2(descriptor, first, 0, 1, 0));
  } finally {
    closeSync2(descriptor);
  }
}
function readImages(path, shown, target) {
  const value = readJson({ path, shown, limit: maximumSize, what: "a metadata file of docker buildx" }).value;
  if (isBuilt(value)) {
    if (target === void 0) return [nameImage(value, shown)];
    throw new UserError(`${shown}#${target}: the file is of one build and has no targets; leave out what follows #`);
  }
  const targets = Object.entries(value).flatMap(([name, fields]) => isBuilt(fields) ? [{ name, fields }] : []);
  if (targets.length === 0)
    throw new UserError(
      `${shown}: neither an image archive nor a metadata file of docker buildx (containerimage.digest is not in it)`
    );
  const chosen = target === void 0 ? targets : targets.filter(({ name }) => name === target);
  if (chosen.length === 0)
    throw new UserError(`${shown}: has no target ${target}; it has ${targets.map(({ name }) => name).join(", ")}`);
  return chosen.map(({ name, fields }) => nameImage(fields, `${shown}#${name}`));
}
function isBuilt(value) {
  return typeof value === "object" && value !== null && "containerimage.digest" in value;
}
function nameImage(fields, shown) {
  const { "containerimage.digest": digest, "image.name": names2 } = fields;
  if (typeof digest !== "string" || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new UserError(`${shown}: containerimage.digest is no digest (sha256: and 64 hexadecimal digits)`);
  const name = typeof names2 === "string" ? (names2.split(",")[0] ?? "").trim() : "";
  if (name === "")
    throw new UserError(
      `${shown}: the build has no name (image.name), so it is nowhere but in its output: pass that file`
    );
  if (!/^\w[\w./:-]{0,511}$/.test(name)) throw new UserError(`${shown}: image.name is not the name of an image`);
  return `${name.replace(/:[^/:]*$/, "")}@${digest}`;
}

// src/arguments.ts
import { parseArgs } from "node:util";

// src/model/choices.ts
var failLevels = ["error", "warning", "never"];

// src/model/given.ts
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== void 0));
}

// src/model/limits.ts
var KIB = 2 ** 10;
var MIB = 2 ** 20;
var GIB = 2 ** 30;
var HOUR = 3600;
var LONGEST = 14 * 24 * HOUR;
var table = [
  {
    // The largest public images (machine learning, CI runners) stay below half a million files and 30 GiB.
    name: "layer-size",
    key: "layerBytes",
    unit: "size",
    standard: 32 * GIB,
    about: "Uncompressed bytes of one layer, holes of sparse files included.",
    problem: "it has more than {} uncompressed"
  },
  {
    name: "image-size",
    key: "uncompressedBytes",
    unit: "size",
    standard: 64 * GIB,
    about: "Uncompressed bytes of all layers that one reference names, each counted once; those of a compressed archive too.",
    problem: "its layers have more than {} uncompressed together"
  },
  {
    name: "layer-entries",
    key: "layerEntries",
    unit: "count",
    standard: 1e6,
    about: "Files, directories and links of one layer.",
    problem: "it has more than {} files"
  },
  {
    // One entry keeps roughly 300 bytes.
    name: "entries",
    key: "entries",
    unit: "count",
    standard: 15e5,
    about: "Files, directories and links of all layers that one reference names, each layer counted once.",
    problem: "its layers have more than {} files together"
  },
  {
    name: "tree-entries",
    key: "treeEntries",
    unit: "count",
    standard: 5e6,
    about: "Entries laid into the file trees of all platforms: a layer counts each time a platform lists it, directories that only a path names count too.",
    problem: "the file trees of its platforms have more than {} entries together"
  },
  {
    // PATH_MAX of Linux: nothing longer can be unpacked there.
    name: "path-length",
    key: "pathBytes",
    unit: "size",
    standard: 4 * KIB,
    most: MIB,
    about: "Bytes of one path.",
    problem: "a path in it is longer than {}"
  },
  {
    name: "link-length",
    key: "linkBytes",
    unit: "size",
    standard: 4 * KIB,
    most: MIB,
    about: "Bytes of the target of one link.",
    problem: "the target of a link in it is longer than {}"
  },
  {
    name: "names-size",
    key: "nameBytes",
    unit: "size",
    standard: 256 * MIB,
    about: "Bytes of all paths, link targets and extended attributes together: they are kept in memory.",
    problem: "its paths, link targets and attributes have more than {} together"
  },
  {
    name: "header-size",
    key: "headerBytes",
    unit: "size",
    standard: MIB,
    most: 64 * MIB,
    about: "Bytes of one extended tar header: PAX records, a GNU long name, the map of a sparse file.",
    problem: "an extended tar header in it is longer than {}"
  },
  {
    name: "headers-size",
    key: "headersBytes",
    unit: "size",
    standard: GIB,
    about: "Bytes of all extended tar headers of one layer or archive together.",
    problem: "its extended tar headers have more than {} together"
  },
  {
    name: "kept-size",
    key: "keptBytes",
    unit: "size",
    standard: 512 * MIB,
    about: "Bytes of what is kept in memory of the content of files: package databases, scripts, facts about programs.",
    problem: "what has to be kept of its files takes more than {}"
  },
  {
    // What the distribution registry accepts for a manifest.
    name: "document-size",
    key: "jsonBytes",
    unit: "size",
    standard: 4 * MIB,
    most: 256 * MIB,
    about: "Bytes of one JSON document: index, manifest, image config, manifest.json.",
    problem: "a JSON document has more than {}"
  },
  {
    name: "documents-size",
    key: "documentBytes",
    unit: "size",
    standard: 64 * MIB,
    about: "Bytes of all JSON documents that one reference makes us read.",
    problem: "its JSON documents have more than {} together"
  },
  {
    name: "archive-files",
    key: "members",
    unit: "count",
    standard: 1e5,
    about: "Files in one image archive.",
    problem: "it holds more than {} files"
  },
  {
    name: "manifests",
    key: "manifests",
    unit: "count",
    standard: 5e3,
    about: "Manifests that one reference names: descriptors in all its indexes, and items of manifest.json.",
    problem: "it lists more than {} manifests"
  },
  {
    name: "platforms",
    key: "platforms",
    unit: "count",
    standard: 256,
    about: "Platforms inspected for one reference, of all its images together.",
    problem: "it has more than {} platforms to inspect"
  },
  {
    // Docker stops at 127; buildah and kaniko do not.
    name: "layers",
    key: "layers",
    unit: "count",
    standard: 1024,
    about: "Layers of one platform.",
    problem: "it has more than {} layers"
  },
  {
    name: "index-depth",
    key: "indexDepth",
    unit: "count",
    standard: 8,
    most: 1e3,
    about: "Levels of index inside index.",
    problem: "its indexes are nested more than {} deep"
  },
  {
    // ELOOP of Linux: path_resolution(7). Container runtimes follow 255 while they unpack.
    name: "link-hops",
    key: "linkHops",
    unit: "count",
    standard: 40,
    most: 255,
    about: "Links followed on the way to one file while layers are laid on each other, or to one file of an archive.",
    problem: "more than {} links have to be followed, or they lead in a circle"
  },
  {
    name: "path-steps",
    key: "pathSteps",
    unit: "count",
    standard: 1e8,
    about: "Parts of paths walked through in all while the layers of one platform are laid on each other.",
    problem: "finding the places of its files takes more than {} steps"
  },
  {
    // Each frame costs tens of microseconds, whatever it holds.
    name: "zstd-frames",
    key: "frames",
    unit: "count",
    standard: 1e6,
    about: "zstd frames of one layer or archive that hold data.",
    problem: "it has more than {} zstd frames"
  },
  {
    name: "idle-time",
    key: "idleSeconds",
    unit: "time",
    standard: 60,
    most: LONGEST,
    about: "Time without a byte after which a registry's connection counts as cut and is tried again.",
    problem: "no byte came for {}"
  },
  {
    name: "request-time",
    key: "requestSeconds",
    unit: "time",
    standard: HOUR / 2,
    most: LONGEST,
    about: "Time for one request to a registry or daemon, its whole answer included.",
    problem: "one request takes more than {}"
  },
  {
    // 10 GB at 3 MB a second.
    name: "network-time",
    key: "networkSeconds",
    unit: "time",
    standard: HOUR,
    most: LONGEST,
    about: "Time for all that one reference makes us read from a registry or daemon.",
    problem: "it takes more than {}"
  },
  {
    name: "total-time",
    key: "totalSeconds",
    unit: "time",
    standard: 2 * HOUR,
    most: LONGEST,
    about: "Time for the inspection of all images together.",
    problem: "inspecting the images takes more than {}"
  }
];
var limitTable = table;
var defaultLimits = Object.freeze(
  Object.fromEntries(limitTable.map(({ key, standard }) => [key, standard]))
);
function rowOf(name) {
  const row = limitTable.find((candidate) => candidate.name === name);
  if (row === void 0) throw new Error(`no limit ${name}`);
  return row;
}
function exceeded(name, limits, where = "") {
  const row = rowOf(name);
  const value = limits[row.key];
  const problem = row.problem.replace("{}", formatLimit(row.unit, value));
  const double = Math.min(value * 2, row.most ?? Number.MAX_SAFE_INTEGER);
  const hint = double > value ? `if that is meant, raise the limit: --limit ${name}=${formatLimit(row.unit, double)}, or limits in the config file` : `the limit ${name} can't be raised further`;
  return new LimitError(`${where === "" ? "" : `${where}: `}${problem}; ${hint}`, name);
}
var SIZES = { TiB: 2 ** 40, GiB: GIB, MiB: MIB, KiB: KIB };
var TIMES = { h: HOUR, min: 60, s: 1 };
function formatLimit(unit, value) {
  if (unit === "count") return String(value);
  const units = Object.entries(unit === "size" ? SIZES : TIMES);
  const [name, factor] = units.find(([, size]) => value >= size && value % size === 0) ?? [
    unit === "size" ? "B" : "s",
    1
  ];
  return `${value / factor}${name}`;
}
var forms = {
  size: { pattern: /^[0-9]+(B|KiB|MiB|GiB|TiB)?$/, text: "a size in B, KiB, MiB, GiB or TiB, e.g. 20GiB" },
  count: { pattern: /^[0-9]+$/, text: "a whole number, e.g. 1000" },
  time: { pattern: /^[0-9]+(s|min|h)$/, text: "a time in s, min or h, e.g. 90s" }
};
function parseLimit(name, text) {
  const row = rowOf(name);
  const { pattern, text: form } = forms[row.unit];
  const digits = /^[0-9]{1,16}/.exec(text)?.[0];
  if (!pattern.test(text) || digits === void 0)
    throw new UserError(`${JSON.stringify(text.slice(0, 40))} is not ${form}`);
  const factors = { ...SIZES, ...TIMES };
  const value = Number(digits) * (factors[text.slice(digits.length)] ?? 1);
  const most = row.most ?? Number.MAX_SAFE_INTEGER;
  if (value < 1 || value > most)
    throw new UserError(`${text.slice(0, 40)} is out of range: 1 to ${formatLimit(row.unit, most)}`);
  return value;
}
function isLimitName(name) {
  return limitTable.some((row) => row.name === name);
}
function toReadLimits(stated) {
  return Object.fromEntries(
    limitTable.flatMap(({ name, key }) => stated[name] === void 0 ? [] : [[key, stated[name]]])
  );
}

// src/model/words.ts
function listInWords(names2, conjunction = "and") {
  return names2.length < 2 ? names2.join("") : `${names2.slice(0, -1).join(", ")} ${conjunction} ${names2.at(-1)}`;
}

// src/model/suggest.ts
function distance(a, b) {
  let beforeLast = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, beforeLast[column - 2] + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length];
}
function suggest(written, known) {
  const wanted = written.toLowerCase().slice(0, 60);
  const allowed = wanted.length < 5 ? 1 : Math.max(2, Math.floor(wanted.length / 3));
  const scored = [];
  for (const name of known) {
    const edits = distance(wanted, name.toLowerCase());
    const contained = wanted.length >= 3 && (name.includes(wanted) || wanted.includes(name));
    if (contained || edits <= allowed) scored.push({ name, score: contained ? edits / 2 : edits });
  }
  scored.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name, "en", { numeric: true }));
  return scored.slice(0, 3).map((entry) => entry.name);
}
function didYouMean(written, known, otherwise) {
  const names2 = suggest(written, known);
  return names2.length === 0 ? otherwise : `did you mean ${listInWords(names2, "or")}?`;
}

// src/arguments.ts
var usage = `netfilter-compat: will the netfilter tools inside this image work on the hosts it is shipped to?

  netfilter-compat check IMAGE... [--hosts LIST]... [--config FILE] [--base IMAGE | --base-report FILE]...
                   [--platform P]... [--format text|json|markdown|sarif] [--output FILE]
                   [--fail-on error|warning|never] [--fail-on-unknown] [--fail-on-existing]
                   [--limit NAME=VALUE]... [--cache DIR] [--quiet]
                   [--insecure-registry HOST[:PORT]]... [--lazy]
  netfilter-compat check --toolchain FILE...     FILE is what \`inspect --format json\` printed
  netfilter-compat inspect IMAGE... [--platform P]... [--format text|json] [--output FILE]
                   [--limit NAME=VALUE]... [--cache DIR] [--quiet]
                   [--insecure-registry HOST[:PORT]]... [--lazy]
  netfilter-compat hosts [ID] [--from-nodes FILE] [--format text|json]
  netfilter-compat hosts --collect               a shell script that prints a node's facts; read-only
  netfilter-compat explain RULE

IMAGE: docker-archive:PATH  oci-archive:PATH  oci:DIR  or a path; #NAME:TAG picks one image of an archive, @DIGEST one
       of a folder. docker-daemon:NAME  docker://NAME  or a name. Or the file of docker buildx build --metadata-file.
LIST:  ids from \`netfilter-compat hosts\`, separated by commas: ubuntu-22.04, ubuntu-22.04@6.2, talos-*, default.
FILE:  config, by default .github/netfilter-compat.yml if it is there; or a report that --format json wrote.
DIR:   made when it isn't there; an image that was inspected before isn't read again.
--quiet: no progress on stderr.
--insecure-registry: may be spoken to without TLS where it has none, as registries of this machine may.
--lazy: of a registry's eStargz and zstd:chunked layers fetch what is needed. Trusts who built the image and its base: what
       the layers' tables of contents leave out is not seen, though most runtimes unpack it.
--limit: what an image may make the run read, keep and wait for; more is exit code 2. Sizes in KiB, MiB, GiB, times in s, min, h:
${listLimits()}
Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or unreadable input.
`;
function listLimits() {
  const items = limitTable.map(({ name, unit, standard }) => `${name}=${formatLimit(unit, standard)}`);
  const lines = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== void 0 && last.length + item.length < 100) lines[lines.length - 1] = `${last} ${item}`;
    else lines.push(`       ${item}`);
  }
  return lines.join("\n");
}
var readingOptions = {
  platform: { type: "string", multiple: true },
  limit: { type: "string", multiple: true },
  "insecure-registry": { type: "string", multiple: true },
  lazy: { type: "boolean" },
  cache: { type: "string" },
  quiet: { type: "boolean" }
};
var checkOptions = {
  ...readingOptions,
  hosts: { type: "string", multiple: true },
  config: { type: "string" },
  base: { type: "string", multiple: true },
  "base-report": { type: "string", multiple: true },
  format: { type: "string" },
  output: { type: "string" },
  toolchain: { type: "string", multiple: true },
  "fail-on": { type: "string" },
  "fail-on-unknown": { type: "boolean" },
  "fail-on-existing": { type: "boolean" }
};
function parseArguments(argv) {
  const [command, ...rest] = argv;
  if (command === void 0 || command === "--help" || command === "-h" || command === "help")
    return { command: "help" };
  if (rest.includes("--help") || rest.includes("-h")) return { command: "help" };
  switch (command) {
    case "--version":
    case "version":
      return { command: "version" };
    case "check":
      return { command: "check", options: parseCheck(rest) };
    case "inspect":
      return parseInspect(rest);
    case "hosts":
      return parseHosts(rest);
    case "explain":
      return parseExplain(rest);
    default:
      throw new UserError(`unknown command "${command}": use check, inspect, hosts or explain (--help shows how)`);
  }
}
function parseCheck(args) {
  const { values, positionals } = parse(args, checkOptions, "check");
  const toolchains = values.toolchain ?? [];
  if (positionals.length === 0 && toolchains.length === 0) {
    throw new UserError("check: name at least one image, e.g. check docker-archive:image.tar (--help shows how)");
  }
  if (positionals.length > 0 && toolchains.length > 0) {
    throw new UserError("check: --toolchain takes the place of images: give one or the other");
  }
  const { base = [], "base-report": baseReports = [] } = values;
  if (base.length > 0 && baseReports.length > 0)
    throw new UserError("check: --base and --base-report: one of them is the base");
  return {
    images: positionals,
    toolchains,
    base,
    baseReports,
    reading: toReading(values),
    format: oneOf("--format", values.format ?? "text", ["text", "json", "markdown", "sarif"]),
    ...given({
      hosts: values.hosts?.join(","),
      config: values.config,
      output: values.output,
      failOn: values["fail-on"] === void 0 ? void 0 : oneOf("--fail-on", values["fail-on"], failLevels),
      failOnUnknown: values["fail-on-unknown"],
      failOnExisting: values["fail-on-existing"]
    })
  };
}
function toReading(values) {
  const { platform = [], limit = [], "insecure-registry": insecure = [], lazy = false, cache, quiet = false } = values;
  const registry = { insecureRegistries: insecure, lazy };
  const others = { quiet, ...given({ cache }) };
  return { platforms: platform.flatMap((list) => list.split(",")), limits: parseLimits(limit), ...registry, ...others };
}
function parseInspect(args) {
  const { format, output } = checkOptions;
  const { values, positionals } = parse(args, { ...readingOptions, format, output }, "inspect");
  if (positionals.length === 0) throw new UserError("inspect: name at least one image (--help shows how)");
  return {
    command: "inspect",
    images: positionals,
    reading: toReading(values),
    format: oneOf("--format", values.format ?? "text", ["text", "json"]),
    ...given({ output: values.output })
  };
}
function parseLimits(options) {
  const stated = {};
  for (const option of options) {
    const equals = option.indexOf("=");
    const name = equals < 0 ? option : option.slice(0, equals);
    const names2 = limitTable.map((row) => row.name);
    if (!isLimitName(name))
      throw new UserError(`--limit: there is no limit "${name}"; ${didYouMean(name, names2, "--help lists them")}`);
    if (equals < 0) throw new UserError(`--limit ${name}: say what it should be: --limit ${name}=VALUE`);
    try {
      stated[name] = parseLimit(name, option.slice(equals + 1));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`--limit ${name}: ${error.message}`);
      throw error;
    }
  }
  return toReadLimits(stated);
}
function parseHosts(args) {
  const { values, positionals } = parse(
    args,
    { "from-nodes": { type: "string" }, collect: { type: "boolean" }, format: { type: "string" } },
    "hosts"
  );
  const [id, extra] = positionals;
  if (extra !== void 0) throw new UserError(`hosts: one id at a time, "${extra}" is one too many`);
  const nodes = values["from-nodes"];
  if (id !== void 0 && nodes !== void 0) throw new UserError("hosts: give an id or --from-nodes, not both");
  const collect = values.collect === true;
  if (collect && (id !== void 0 || nodes !== void 0 || values.format !== void 0))
    throw new UserError("hosts: --collect prints a script and takes nothing beside it");
  return {
    command: "hosts",
    ...collect ? { collect } : {},
    format: oneOf("--format", values.format ?? "text", ["text", "json"]),
    ...given({ id, nodes })
  };
}
function parseExplain(args) {
  const { positionals } = parse(args, {}, "explain");
  const [rule, extra] = positionals;
  if (rule === void 0 || extra !== void 0)
    throw new UserError("explain: name one rule, e.g. explain nft-newer-writer");
  return { command: "explain", rule };
}
function parse(args, options, command) {
  const parsed = parseStrictly(args, options, command);
  const seen = /* @__PURE__ */ new Set();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    if (token.value === "") throw new UserError(`--${token.name}: is empty; leave it out or say what it should be`);
    const { type, multiple } = options[token.name] ?? {};
    if (type === "string" && multiple !== true && seen.has(token.name))
      throw new UserError(`${command}: --${token.name} is given twice: leave one of them out`);
    seen.add(token.name);
  }
  return parsed;
}
function parseStrictly(args, options, command) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    const text = messageOf(error);
    const unknown3 = /^Unknown option '--([^']+)'/.exec(text)?.[1];
    const names2 = Object.keys(options).map((name) => `--${name}`);
    if (unknown3 !== void 0)
      throw new UserError(
        `${command}: there is no option --${unknown3}; ${didYouMean(`--${unknown3}`, names2, "--help shows them all")}`
      );
    throw new UserError(`${command}: ${text.split(". ")[0]} (--help shows the options)`);
  }
}
function oneOf(option, value, allowed) {
  const found = allowed.find((item) => item === value);
  if (found === void 0) throw new UserError(`${option} ${value}: use ${allowed.join(", ")}`);
  return found;
}

// src/files/write-whole.ts
import { randomUUID } from "node:crypto";
import { closeSync as closeSync3, existsSync, mkdirSync, openSync as openSync3, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
function writeWhole(file, text) {
  const folder = dirname(file);
  const temporary = join(folder, `.netfilter-compat-${randomUUID()}`);
  try {
    makeFolder(folder);
    writePieces(temporary, typeof text === "string" ? [text] : text);
    renameSync(temporary, file);
  } catch (error) {
    if (existsSync(temporary)) unlinkSync(temporary);
    throw new UserError(`can't write ${file}: ${problemOf(error)}`);
  }
}
var BATCH = 1024 * 1024;
function writePieces(file, pieces) {
  const descriptor = openSync3(file, "wx");
  try {
    let waiting = [];
    let length = 0;
    for (const piece of pieces) {
      waiting.push(piece);
      length += piece.length;
      if (length < BATCH) continue;
      writeFileSync(descriptor, waiting.join(""));
      [waiting, length] = [[], 0];
    }
    writeFileSync(descriptor, waiting.join(""));
  } finally {
    closeSync3(descriptor);
  }
}
function problemOf(error) {
  const code = error.code;
  if (code === "EISDIR") return "it is a folder: name a file";
  const message = messageOf(error);
  return code === void 0 ? message : message.split(", ", 1)[0] ?? code;
}
function makeFolder(folder) {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  mkdirSync(folder);
}

// src/progress.ts
var SHOW_EVERY = 100;
var LOG_EVERY = 1e4;
function createReporter(output) {
  return { begin: (reference) => beginReading(reference, output), say: (sentence) => output.line(sentence) };
}
function createQuietReporter({ line }) {
  const reading = { found() {
  }, layer() {
  }, bytes() {
  }, end() {
  }, fail() {
  } };
  return { begin: () => reading, say: line };
}
function beginReading(reference, { line, show, now }) {
  const start = now();
  let told = start;
  let layers = 0;
  let done = 0;
  let bytes = 0;
  function tell() {
    const time2 = now();
    if (time2 - told < (show === void 0 ? LOG_EVERY : SHOW_EVERY)) return;
    told = time2;
    (show ?? line)(`${reference}: ${describe6(time2 - start)}`);
  }
  function describe6(milliseconds) {
    const count = layers === 0 ? "" : `${done} of ${layers} layers, `;
    const rate = milliseconds < 1 ? "" : `, ${megabytes(bytes / milliseconds * 1e3)}/s`;
    return `${count}${megabytes(bytes)}${rate}`;
  }
  return {
    found(count) {
      layers = count;
    },
    layer() {
      done++;
      tell();
    },
    bytes(count) {
      bytes += count;
      tell();
    },
    end() {
      show?.("");
      if (show !== void 0) return;
      if (bytes === 0) return line(`${reference}: no layer had to be read`);
      const seconds = ((now() - start) / 1e3).toFixed(1);
      line(`${reference}: ${done} ${done === 1 ? "layer" : "layers"}, ${megabytes(bytes)} read in ${seconds} s`);
    },
    fail: () => show?.("")
  };
}
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

// src/report/escape.ts
var TEXT_LIMIT = 600;
var JOINER = "\u2060";
var UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
function cleanText(text, limit = TEXT_LIMIT) {
  const visible = text.slice(0, limit * 4).replace(/[\s\u0085]+/gu, " ").replace(new RegExp("(\\p{M}{3})\\p{M}+", "gu"), "$1").replace(UNSAFE, (character) => `<U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}>`).trim();
  const characters = [...visible];
  return characters.length <= limit ? visible : `${characters.slice(0, limit - 1).join("")}\u2026`;
}
function plainText(text, limit) {
  return breakCommands(cleanText(text, limit));
}
function breakCommands(text) {
  return text.replace(/^([^\S\n]*):(?=:)/gm, `$1:${JOINER}`).replace(/##(?=\[)/g, `##${JOINER}`);
}
function escapeJson(json) {
  const escapeUnit = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return json.replace(/[\u007f-\u009f\p{Cf}\u2028\u2029]/gu, (character) => character.split("").map(escapeUnit).join("")).replace(/##\[/g, `##${escapeUnit("[")}`);
}

// src/version.ts
var tool = {
  name: "netfilter-compat",
  version: true ? "0.1.0" : "development"
};
var build = true ? "46acf9e689893864" : void 0;

// src/console.ts
var errorLength = 2e3;
function readingOf({ quiet, ...reading }) {
  return quiet ? reading : { ...reading, reporter: stderrReporter() };
}
function stderrReporter() {
  const { stderr, env } = process;
  const line = (text) => stderr.write(`${plainText(text, errorLength)}
`);
  const now = () => performance.now();
  if (stderr.isTTY === true)
    return createReporter({
      line,
      now,
      show: (text) => stderr.write(`\r\x1B[K${plainText(text, (stderr.columns || 80) - 1)}`)
    });
  return env.CI === "true" ? createReporter({ line, now }) : createQuietReporter({ line });
}
function terminal() {
  const { stdout, env } = process;
  return {
    color: stdout.isTTY === true && env.NO_COLOR === void 0,
    ...stdout.isTTY === true ? { width: stdout.columns } : {}
  };
}
function emit(text, file) {
  if (file === void 0) process.stdout.write(text);
  else writeWhole(file, text);
}
function complain(text) {
  process.stderr.write(`${tool.name}: ${plainText(text, errorLength)}
`);
}
function watchOutput() {
  process.stdout.on("error", (error) => {
    if (error.code === "EPIPE") return;
    complain(`can't write the output (${error.code ?? "unknown cause"})`);
    process.exit(2);
  });
  process.stderr.on("error", () => {
  });
}
async function runProgram(run2) {
  watchOutput();
  try {
    process.exitCode = await run2(parseArguments(process.argv.slice(2)));
  } catch (error) {
    process.exitCode = 2;
    const message = messageOf(error);
    complain(error instanceof UserError ? message : `unexpected: ${message}`);
    if (!(error instanceof UserError) && process.env.NETFILTER_COMPAT_DEBUG !== void 0)
      for (const line of (error instanceof Error ? error.stack ?? "" : "").split("\n")) complain(line);
  }
}

// src/files/inspection-cache.ts
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join as join2 } from "node:path";

// node_modules/zod/v4/core/util.js
function getEnumValues(entries) {
  const numericValues = Object.values(entries).filter((v) => typeof v === "number");
  const values = Object.entries(entries).filter(([k, _]) => numericValues.indexOf(+k) === -1).map(([_, v]) => v);
  return values;
}
function jsonStringifyReplacer(_, value) {
  if (typeof value === "bigint")
    return value.toString();
  return value;
}
var Cached = class {
  constructor(getter) {
    this._getter = getter;
    this._value = void 0;
  }
  get value() {
    const getter = this._getter;
    if (getter !== void 0) {
      this._value = getter();
      this._getter = void 0;
    }
    return this._value;
  }
};
function cached(getter) {
  return new Cached(getter);
}
function nullish(input) {
  return input === null || input === void 0;
}
function cleanRegex(source) {
  const start = source.startsWith("^") ? 1 : 0;
  const end = source.endsWith("$") ? source.length - 1 : source.length;
  return source.slice(start, end);
}
function assignProp(target, prop, value) {
  Object.defineProperty(target, prop, {
    value,
    writable: true,
    enumerable: true,
    configurable: true
  });
}
var captureStackTrace = "captureStackTrace" in Error ? Error.captureStackTrace : (..._args) => {
};
function isObject(data) {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}
function isPlainObject(o) {
  if (isObject(o) === false)
    return false;
  const ctor = o.constructor;
  if (ctor === void 0)
    return true;
  if (typeof ctor !== "function")
    return true;
  const prot = ctor.prototype;
  if (isObject(prot) === false)
    return false;
  if (Object.prototype.hasOwnProperty.call(prot, "isPrototypeOf") === false) {
    return false;
  }
  return true;
}
var propertyKeyTypes = /* @__PURE__ */ new Set(["string", "number", "symbol"]);
function escapeRegex(str) {
  return str.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
function clone(inst, def, params) {
  const cl = new inst._zod.constr(def ?? inst._zod.def);
  if (!def || params?.parent)
    cl._zod.parent = inst;
  return cl;
}
function normalizeParams(_params) {
  const params = _params;
  if (!params)
    return {};
  if (typeof params === "string")
    return { error: () => params };
  if (params?.message !== void 0) {
    if (params?.error !== void 0)
      throw new Error("Cannot specify both `message` and `error` params");
    params.error = params.message;
  }
  delete params.message;
  if (typeof params.error === "string")
    return { ...params, error: () => params.error };
  return params;
}
function optionalKeys(shape) {
  return Object.keys(shape).filter((k) => {
    return shape[k]._zod.optin !== void 0 && shape[k]._zod.optout === "optional";
  });
}
function aborted(x, startIndex = 0) {
  if (x.aborted === true)
    return true;
  for (let i = startIndex; i < x.issues.length; i++) {
    if (x.issues[i]?.continue !== true) {
      return true;
    }
  }
  return false;
}
function explicitlyAborted(x, startIndex = 0) {
  if (x.aborted === true)
    return true;
  for (let i = startIndex; i < x.issues.length; i++) {
    if (x.issues[i]?.continue === false) {
      return true;
    }
  }
  return false;
}
function prefixIssues(path, issues) {
  return issues.map((iss) => {
    var _a2;
    (_a2 = iss).path ?? (_a2.path = []);
    iss.path.unshift(path);
    return iss;
  });
}
function unwrapMessage(message) {
  return typeof message === "string" ? message : message?.message;
}
function sizeCaps(defChecks) {
  const caps = [];
  for (const ch of defChecks ?? []) {
    const d = ch._zod.def;
    if (!/_(length|size)$|_equals$/.test(d.check))
      break;
    const max = d.maximum ?? d.length ?? d.size;
    if (max >= 0)
      caps.push([max, ch]);
  }
  return caps;
}
function attachSchema(issues, start, inst) {
  var _a2;
  for (let i = start; i < issues.length; i++) {
    (_a2 = issues[i]).schema ?? (_a2.schema = inst);
  }
}
function finalizeIssue(iss, ctx, config2) {
  var _a2;
  const traits = iss.inst?._zod?.traits;
  if (traits?.has("$ZodType")) {
    if (traits.has("$ZodCheck"))
      (_a2 = iss).schema ?? (_a2.schema = iss.inst);
    else
      iss.schema = iss.inst;
  }
  const schemaError = iss.schema !== iss.inst ? iss.schema?._zod.def?.error : void 0;
  const message = iss.message ? iss.message : unwrapMessage(iss.inst?._zod.def?.error?.(iss)) ?? unwrapMessage(schemaError?.(iss)) ?? unwrapMessage(ctx?.error?.(iss)) ?? unwrapMessage(config2.customError?.(iss)) ?? unwrapMessage(config2.localeError?.(iss)) ?? "Invalid input";
  const full = {};
  for (const k of Object.keys(iss)) {
    if (k === "inst" || k === "schema" || k === "continue" || k === "input" || k === "__proto__")
      continue;
    full[k] = iss[k];
  }
  full.path ?? (full.path = []);
  full.message = message;
  if (ctx?.reportInput) {
    full.input = iss.input;
  }
  return full;
}
var highSurrogate = /[\uD800-\uDBFF]/;
function codePointLength(str) {
  const units = str.length;
  if (!highSurrogate.test(str))
    return units;
  let count = units;
  for (let i = 0; i < units - 1; i++) {
    if ((str.charCodeAt(i) & 64512) === 55296 && (str.charCodeAt(i + 1) & 64512) === 56320) {
      count--;
      i++;
    }
  }
  return count;
}
function getLengthableOrigin(input) {
  if (Array.isArray(input))
    return "array";
  if (typeof input === "string")
    return "string";
  return "unknown";
}
function members(proto, table2) {
  for (const key in table2) {
    const desc = Object.getOwnPropertyDescriptor(table2, key);
    if (desc.get)
      Object.defineProperty(proto, key, { ...desc, enumerable: false });
    else
      defineBound(proto, key, desc.value);
  }
}
function own(inst, key, value, enumerable = true) {
  Object.defineProperty(inst, key, { configurable: true, writable: true, enumerable, value });
  return value;
}
function hide(inst, key, value) {
  return own(inst, key, value, false);
}
function defineBound(proto, key, fn) {
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      return this == null ? fn : own(this, key, fn.bind(this));
    },
    set(value) {
      own(this, key, value);
    }
  });
}
function claim(inst, sentinel) {
  const proto = Object.getPrototypeOf(inst);
  return sentinel in proto ? void 0 : proto;
}
var installing;
var broke = false;
var breaker = {
  configurable: true,
  get() {
    broke = true;
    return void 0;
  }
};
function defineLazyInternal(inst, key, compute) {
  const proto = Object.getPrototypeOf(inst._zod);
  if (key in proto && installing !== inst._zod) {
    installing = void 0;
    return;
  }
  installing = inst._zod;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      Object.defineProperty(this, key, breaker);
      const outer = broke;
      broke = false;
      try {
        const value = compute(this);
        if (broke)
          delete this[key];
        else
          Object.defineProperty(this, key, { configurable: true, writable: true, value });
        broke = broke || outer;
        return value;
      } catch (err) {
        delete this[key];
        broke = broke || outer;
        throw err;
      }
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, value });
    }
  });
}
function installLazyProp(inst, key, make, enumerable) {
  const proto = claim(inst, key);
  if (!proto)
    return;
  Object.defineProperty(proto, key, {
    configurable: true,
    get() {
      const desc = { configurable: true, writable: true, enumerable, value: void 0 };
      Object.defineProperty(this, key, desc);
      desc.value = make(this);
      Object.defineProperty(this, key, desc);
      return desc.value;
    },
    set(value) {
      Object.defineProperty(this, key, { configurable: true, writable: true, enumerable, value });
    }
  });
}

// node_modules/zod/v4/core/core.js
var _a;
var _zodDesc = { value: void 0, enumerable: false };
var _E = "captureStackTrace" in Error ? Error : null;
function newError(Definition) {
  const E = _E;
  if (E) {
    const saved = E.stackTraceLimit;
    if (typeof saved === "number") {
      try {
        E.stackTraceLimit = 0;
      } catch {
        _E = null;
        return new Definition();
      }
      try {
        return new Definition();
      } finally {
        E.stackTraceLimit = saved;
      }
    }
  }
  return new Definition();
}
// @__NO_SIDE_EFFECTS__
function $constructor(name, initializer2, proto, params) {
  const zodProto = {};
  function Internals(def) {
    this.def = def;
    this.constr = _;
    this.traits = /* @__PURE__ */ new Set();
  }
  Internals.prototype = zodProto;
  const protoMembers = proto;
  const initialized = protoMembers && /* @__PURE__ */ new WeakSet();
  function init(inst, def) {
    if (!inst._zod) {
      _zodDesc.value = new Internals(def);
      try {
        Object.defineProperty(inst, "_zod", _zodDesc);
      } finally {
        _zodDesc.value = void 0;
      }
    } else if (inst._zod.traits.has(name)) {
      return;
    }
    inst._zod.traits.add(name);
    initializer2(inst, def);
    if (initialized) {
      const own2 = Object.getPrototypeOf(inst);
      const ctorProto = inst._zod.constr.prototype;
      let up = own2;
      while (up && up !== ctorProto)
        up = Object.getPrototypeOf(up);
      const target = up ?? own2;
      if (!initialized.has(target)) {
        initialized.add(target);
        members(target, protoMembers);
      }
    }
    const proto2 = _.prototype;
    for (const k in proto2) {
      if (!Object.prototype.hasOwnProperty.call(proto2, k))
        continue;
      if (!(k in inst)) {
        inst[k] = proto2[k].bind(inst);
      }
    }
  }
  const Parent = params?.Parent ?? Object;
  class Definition extends Parent {
  }
  Object.defineProperty(Definition, "name", { value: name });
  function _(def) {
    const inst = params?.Parent ? newError(Definition) : this;
    init(inst, def);
    const deferred = inst._zod.deferred;
    if (deferred) {
      for (const fn of deferred) {
        fn();
      }
      inst._zod.deferred = void 0;
    }
    const pp = globalThis.__zod_globalConfig?.postProcessor;
    if (pp)
      pp(inst);
    return inst;
  }
  Object.defineProperty(_, "init", { value: init });
  Object.defineProperty(_, Symbol.hasInstance, {
    value: (inst) => {
      if (params?.Parent && inst instanceof params.Parent)
        return true;
      return inst?._zod?.traits?.has(name);
    }
  });
  Object.defineProperty(_, "name", { value: name });
  return _;
}
var $ZodAsyncError = class extends Error {
  constructor() {
    super(`Encountered Promise during synchronous parse. Use .parseAsync() instead.`);
  }
};
(_a = globalThis).__zod_globalConfig ?? (_a.__zod_globalConfig = {});
var globalConfig = globalThis.__zod_globalConfig;
function config(newConfig) {
  if (newConfig)
    Object.assign(globalConfig, newConfig);
  return globalConfig;
}

// node_modules/zod/v4/core/errors.js
function _getMessage() {
  const internals = this._zod;
  internals.message ?? (internals.message = JSON.stringify(internals.def, jsonStringifyReplacer, 2));
  return internals.message;
}
function _setMessage(value) {
  this._zod.message = value;
}
var _messageDesc = {
  get: _getMessage,
  set: _setMessage,
  enumerable: true,
  configurable: true
};
var _issuesDesc = { value: void 0, enumerable: false };
var _installedToString = /* @__PURE__ */ new WeakSet([Object.prototype, Error.prototype]);
var initializer = (inst, def) => {
  inst.name = "$ZodError";
  _issuesDesc.value = def;
  Object.defineProperty(inst, "issues", _issuesDesc);
  _issuesDesc.value = void 0;
  Object.defineProperty(inst, "message", _messageDesc);
  const proto = Object.getPrototypeOf(inst);
  if (!_installedToString.has(proto)) {
    _installedToString.add(proto);
    Object.defineProperty(proto, "toString", {
      configurable: true,
      enumerable: false,
      get() {
        const value = () => this.message;
        Object.defineProperty(this, "toString", { value, configurable: true, writable: true });
        return value;
      },
      set(value) {
        Object.defineProperty(this, "toString", { value, configurable: true, writable: true });
      }
    });
  }
};
var $ZodError = $constructor("$ZodError", initializer);
var $ZodRealError = $constructor("$ZodError", initializer, void 0, {
  Parent: Error
});

// node_modules/zod/v4/core/parse.js
var _parse = (_Err) => {
  const fn = (schema, value, _ctx, _params) => {
    const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
    const result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise) {
      throw new $ZodAsyncError();
    }
    if (result.issues.length) {
      const e = new (_params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      captureStackTrace(e, _params?.callee ?? fn);
      throw e;
    }
    return result.value;
  };
  return fn;
};
var parse2 = /* @__PURE__ */ _parse($ZodRealError);
var _parseAsync = (_Err) => {
  const fn = async (schema, value, _ctx, params) => {
    const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
    let result = schema._zod.run({ value, issues: [] }, ctx);
    if (result instanceof Promise)
      result = await result;
    if (result.issues.length) {
      const e = new (params?.Err ?? _Err)(result.issues.map((iss) => finalizeIssue(iss, ctx, config())));
      captureStackTrace(e, params?.callee ?? fn);
      throw e;
    }
    return result.value;
  };
  return fn;
};
var parseAsync = /* @__PURE__ */ _parseAsync($ZodRealError);
var _safeParse = (_Err) => (schema, value, _ctx) => {
  const ctx = _ctx ? { ..._ctx, async: false } : { async: false };
  const result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise) {
    throw new $ZodAsyncError();
  }
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
};
var safeParse = /* @__PURE__ */ _safeParse($ZodRealError);
function failure(Err, issues, ctx) {
  let error;
  return {
    success: false,
    get error() {
      if (!error) {
        error = new Err(issues.map((iss) => finalizeIssue(iss, ctx, config())));
        issues = void 0;
        ctx = void 0;
      }
      return error;
    },
    set error(e) {
      error = e;
      issues = void 0;
      ctx = void 0;
    }
  };
}
var _safeParseAsync = (_Err) => async (schema, value, _ctx) => {
  const ctx = _ctx ? { ..._ctx, async: true } : { async: true };
  let result = schema._zod.run({ value, issues: [] }, ctx);
  if (result instanceof Promise)
    result = await result;
  return result.issues.length ? failure(_Err, result.issues, ctx) : { success: true, data: result.value };
};
var safeParseAsync = /* @__PURE__ */ _safeParseAsync($ZodRealError);

// node_modules/zod/v4/core/regexes.js
var anyString = /^[\s\S]{0,}$/;
var number = /^-?\d+(?:\.\d+)?$/;
var boolean = /^(?:true|false)$/i;

// node_modules/zod/v4/core/checks.js
var $ZodCheck = /* @__PURE__ */ $constructor("$ZodCheck", (inst, def) => {
  var _a2;
  inst._zod ?? (inst._zod = {});
  inst._zod.def = def;
  (_a2 = inst._zod).onattach ?? (_a2.onattach = []);
});
var _whenHasLength = (payload) => {
  const val = payload.value;
  return !nullish(val) && val.length !== void 0;
};
var $ZodCheckMinLength = /* @__PURE__ */ $constructor("$ZodCheckMinLength", (inst, def) => {
  var _a2;
  $ZodCheck.init(inst, def);
  (_a2 = inst._zod.def).when ?? (_a2.when = _whenHasLength);
  inst._zod.check = (payload) => {
    const input = payload.value;
    const units = input.length;
    const length = typeof input === "string" && units >= def.minimum && units < def.minimum * 2 ? codePointLength(input) : units;
    if (length >= def.minimum)
      return;
    const origin = getLengthableOrigin(input);
    payload.issues.push({
      origin,
      code: "too_small",
      minimum: def.minimum,
      inclusive: true,
      input,
      inst,
      continue: !def.abort
    });
  };
});
var $ZodCheckStringFormat = /* @__PURE__ */ $constructor("$ZodCheckStringFormat", (inst, def) => {
  var _a2, _b;
  $ZodCheck.init(inst, def);
  if (def.pattern)
    (_a2 = inst._zod).check ?? (_a2.check = (payload) => {
      def.pattern.lastIndex = 0;
      if (def.pattern.test(payload.value))
        return;
      payload.issues.push({
        origin: "string",
        code: "invalid_format",
        format: def.format,
        input: payload.value,
        ...def.pattern ? { pattern: def.pattern.toString() } : {},
        inst,
        continue: !def.abort
      });
    });
  else
    (_b = inst._zod).check ?? (_b.check = () => {
    });
});
var $ZodCheckRegex = /* @__PURE__ */ $constructor("$ZodCheckRegex", (inst, def) => {
  $ZodCheckStringFormat.init(inst, def);
  inst._zod.check = (payload) => {
    def.pattern.lastIndex = 0;
    if (def.pattern.test(payload.value))
      return;
    payload.issues.push({
      origin: "string",
      code: "invalid_format",
      format: "regex",
      input: payload.value,
      pattern: def.pattern.toString(),
      inst,
      continue: !def.abort
    });
  };
});

// node_modules/zod/v4/core/versions.js
var version = {
  major: 4,
  minor: 6,
  patch: 7
};

// node_modules/zod/v4/core/schemas.js
var $ZodType = /* @__PURE__ */ $constructor("$ZodType", (inst, def) => {
  var _a2;
  inst ?? (inst = {});
  inst._zod.def = def;
  inst._zod.bag = inst._zod.bag || {};
  inst._zod.version = version;
  const defChecks = inst._zod.def.checks;
  const checks = inst._zod.traits.has("$ZodCheck") ? [inst, ...defChecks ?? []] : defChecks?.length ? [...defChecks] : [];
  for (const ch of checks) {
    for (const fn of ch._zod.onattach) {
      fn(inst);
    }
  }
  if (checks.length === 0) {
    (_a2 = inst._zod).deferred ?? (_a2.deferred = []);
    inst._zod.deferred?.push(() => {
      inst._zod.run = inst._zod.parse;
    });
  } else {
    const runChecks = (payload, checks2, ctx) => {
      if (payload.memo)
        return payload;
      let isAborted = aborted(payload);
      let asyncResult;
      for (const ch of checks2) {
        if (ch._zod.def.when) {
          if (explicitlyAborted(payload))
            continue;
          const shouldRun = ch._zod.def.when(payload);
          if (!shouldRun)
            continue;
        } else if (isAborted) {
          continue;
        }
        const currLen = payload.issues.length;
        const _ = ch._zod.check(payload);
        if (_ instanceof Promise && ctx?.async === false) {
          throw new $ZodAsyncError();
        }
        if (asyncResult || _ instanceof Promise) {
          asyncResult = (asyncResult ?? Promise.resolve()).then(async () => {
            await _;
            const nextLen = payload.issues.length;
            if (nextLen === currLen)
              return;
            attachSchema(payload.issues, currLen, inst);
            if (!isAborted)
              isAborted = aborted(payload, currLen);
          });
        } else {
          const nextLen = payload.issues.length;
          if (nextLen === currLen)
            continue;
          attachSchema(payload.issues, currLen, inst);
          if (!isAborted)
            isAborted = aborted(payload, currLen);
        }
      }
      if (asyncResult) {
        return asyncResult.then(() => {
          return payload;
        });
      }
      return payload;
    };
    const handleCanaryResult = (canary, payload, ctx) => {
      if (aborted(canary)) {
        canary.aborted = true;
        return canary;
      }
      const checkResult = runChecks(payload, checks, ctx);
      if (checkResult instanceof Promise) {
        if (ctx.async === false)
          throw new $ZodAsyncError();
        return checkResult.then((checkResult2) => inst._zod.parse(checkResult2, ctx));
      }
      return inst._zod.parse(checkResult, ctx);
    };
    inst._zod.run = (payload, ctx) => {
      if (ctx.skipChecks) {
        return inst._zod.parse(payload, ctx);
      }
      if (ctx.direction === "backward") {
        const canary = inst._zod.parse({ value: payload.value, issues: [] }, { ...ctx, skipChecks: true });
        if (canary instanceof Promise) {
          return canary.then((canary2) => {
            return handleCanaryResult(canary2, payload, ctx);
          });
        }
        return handleCanaryResult(canary, payload, ctx);
      }
      const result = inst._zod.parse(payload, ctx);
      if (result instanceof Promise) {
        if (ctx.async === false)
          throw new $ZodAsyncError();
        return result.then((result2) => runChecks(result2, checks, ctx));
      }
      return runChecks(result, checks, ctx);
    };
  }
}, {
  // Wrappers extend this by installing a richer factory over it; reading it eagerly would defeat the laziness.
  get "~standard"() {
    return hide(this, "~standard", standardProps(this));
  },
  set "~standard"(value) {
    own(this, "~standard", value);
  }
});
var toStandardResult = (r, ctx) => r.issues.length ? { issues: r.issues.map((iss) => finalizeIssue(iss, ctx, config())) } : { value: r.value };
async function validateAsync(inst, value) {
  const ctx = { async: true };
  return toStandardResult(await inst._zod.run({ value, issues: [] }, ctx), ctx);
}
function standardProps(inst) {
  return {
    validate: (value) => {
      const ctx = { async: false };
      try {
        const r = inst._zod.run({ value, issues: [] }, ctx);
        if (!(r instanceof Promise))
          return toStandardResult(r, ctx);
      } catch (_) {
      }
      return validateAsync(inst, value);
    },
    vendor: "zod",
    version: 1
  };
}
var $ZodString = /* @__PURE__ */ $constructor("$ZodString", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = def.pattern ?? anyString;
  inst._zod.parse = (payload, _) => {
    if (def.coerce)
      try {
        payload.value = String(payload.value);
      } catch (_2) {
      }
    if (typeof payload.value === "string")
      return payload;
    payload.issues.push({
      expected: "string",
      code: "invalid_type",
      input: payload.value,
      inst
    });
    return payload;
  };
});
var $ZodNumber = /* @__PURE__ */ $constructor("$ZodNumber", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = number;
  inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Number(payload.value);
      } catch (_) {
      }
    const input = payload.value;
    if (typeof input === "number" && !Number.isNaN(input) && Number.isFinite(input)) {
      return payload;
    }
    const received = typeof input === "number" ? Number.isNaN(input) ? "NaN" : !Number.isFinite(input) ? String(input) : void 0 : void 0;
    payload.issues.push({
      expected: "number",
      code: "invalid_type",
      input,
      inst,
      ...received ? { received } : {}
    });
    return payload;
  };
});
var $ZodBoolean = /* @__PURE__ */ $constructor("$ZodBoolean", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.pattern = boolean;
  inst._zod.parse = (payload, _ctx) => {
    if (def.coerce)
      try {
        payload.value = Boolean(payload.value);
      } catch (_) {
      }
    const input = payload.value;
    if (typeof input === "boolean")
      return payload;
    payload.issues.push({
      expected: "boolean",
      code: "invalid_type",
      input,
      inst
    });
    return payload;
  };
});
var $ZodUnknown = /* @__PURE__ */ $constructor("$ZodUnknown", (inst, def) => {
  $ZodType.init(inst, def);
  inst._zod.parse = (payload) => payload;
});
function capSize(inst, size) {
  const caps = sizeCaps(inst._zod.def.checks);
  if (!caps.length)
    return;
  const cap = Math.min(...caps.map((c) => c[0]));
  const parse4 = inst._zod.parse;
  inst._zod.parse = (payload, ctx) => {
    const n = size(payload.value);
    if (n > cap && !ctx?.skipChecks && ctx?.direction !== "backward") {
      for (const [max, ch] of sizeCaps(inst._zod.def.checks)) {
        if (n > max && ch._zod.def.when(payload)) {
          const start = payload.issues.length;
          ch._zod.check(payload);
          payload.issues[start].continue = false;
          attachSchema(payload.issues, start, inst);
          return payload;
        }
      }
    }
    return parse4(payload, ctx);
  };
}
var arraySize = (input) => Array.isArray(input) ? input.length : -1;
function handleArrayResult(result, final, index) {
  if (result.issues.length) {
    final.issues.push(...prefixIssues(index, result.issues));
  }
  final.value[index] = result.value;
}
var $ZodArray = /* @__PURE__ */ $constructor("$ZodArray", (inst, def) => {
  $ZodType.init(inst, def);
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!Array.isArray(input)) {
      payload.issues.push({
        expected: "array",
        code: "invalid_type",
        input,
        inst
      });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, Array(input.length), ctx) : Array(input.length);
    const proms = [];
    const abortEarly = ctx?.abortEarly;
    for (let i = 0; i < input.length; i++) {
      const item = input[i];
      const result = def.element._zod.run({
        value: item,
        issues: []
      }, ctx);
      if (result instanceof Promise) {
        proms.push(result.then((result2) => handleArrayResult(result2, payload, i)));
      } else {
        handleArrayResult(result, payload, i);
        if (abortEarly && result.issues.length !== 0 && aborted(result))
          break;
      }
    }
    if (proms.length) {
      return Promise.all(proms).then(() => payload);
    }
    return payload;
  };
  capSize(inst, arraySize);
});
function handlePropertyResult(result, final, key, input, optin, optout) {
  const isPresent = key in input;
  const isOptionalOut = optout === "optional";
  if (!isPresent && isOptionalOut && optin === "optional") {
    return;
  }
  if (result.issues.length) {
    if (optin !== void 0 && isOptionalOut && !isPresent) {
      return;
    }
    final.issues.push(...prefixIssues(key, result.issues));
  }
  if (!isPresent && optin === void 0) {
    if (!result.issues.length) {
      final.issues.push({
        code: "invalid_type",
        expected: "nonoptional",
        input: void 0,
        path: [key]
      });
    }
    return;
  }
  if (result.value === void 0) {
    if (isPresent || optin === "defaulted" && !isOptionalOut) {
      final.value[key] = void 0;
    }
  } else {
    final.value[key] = result.value;
  }
}
var NO_SYMBOL_KEYS = [];
function normalizeDef(def) {
  const keys = Object.keys(def.shape);
  const ownSymbols = Object.getOwnPropertySymbols(def.shape);
  const symbolKeys = ownSymbols.length ? ownSymbols : NO_SYMBOL_KEYS;
  const allKeys = symbolKeys.length ? [...keys, ...symbolKeys] : keys;
  for (const k of allKeys) {
    if (!def.shape?.[k]?._zod?.traits?.has("$ZodType")) {
      throw new Error(`Invalid element at key "${String(k)}": expected a Zod schema`);
    }
  }
  const okeys = optionalKeys(def.shape);
  return {
    ...def,
    allKeys,
    symbolKeys,
    // string-only: handleCatchall matches it against `for...in`, which never yields a symbol
    keySet: new Set(keys),
    numKeys: keys.length,
    optionalKeys: new Set(okeys)
  };
}
function handleCatchall(proms, input, payload, ctx, def, inst, abortEarly) {
  const unrecognized = [];
  const keySet = def.keySet;
  const _catchall = def.catchall._zod;
  const t = _catchall.def.type;
  const optin = _catchall.optin;
  const optout = _catchall.optout;
  let seen = 0;
  for (const key in input) {
    if (abortEarly && payload.issues.length !== seen) {
      if (aborted(payload, seen))
        break;
      seen = payload.issues.length;
    }
    if (keySet.has(key))
      continue;
    if (key === "__proto__") {
      if (t === "never")
        unrecognized.push(key);
      continue;
    }
    if (t === "never") {
      unrecognized.push(key);
      continue;
    }
    const r = _catchall.run({ value: input[key], issues: [] }, ctx);
    if (r instanceof Promise) {
      proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout)));
    } else {
      handlePropertyResult(r, payload, key, input, optin, optout);
    }
  }
  if (unrecognized.length) {
    payload.issues.push({
      code: "unrecognized_keys",
      keys: unrecognized,
      input,
      inst,
      // Describes the shape of the input, not the validity of the parsed value, so it never aborts. The parse still fails; the schema's own checks just get to run first, and an enclosing intersection can reconcile the key against a sibling operand.
      continue: true
    });
  }
  if (!proms.length)
    return payload;
  return Promise.all(proms).then(() => {
    return payload;
  });
}
var $ZodObject = /* @__PURE__ */ $constructor("$ZodObject", (inst, def) => {
  $ZodType.init(inst, def);
  const desc = Object.getOwnPropertyDescriptor(def, "shape");
  const sh = desc?.get ? desc.get.raw : def.shape ?? {};
  if (sh) {
    const get = () => {
      const newSh = { ...sh };
      Object.defineProperty(def, "shape", { value: newSh });
      get.raw = newSh;
      return newSh;
    };
    get.raw = sh;
    Object.defineProperty(def, "shape", { get });
  }
  const _normalized = cached(() => normalizeDef(def));
  defineLazyInternal(inst, "propValues", (zod) => {
    const shape = zod.def.shape;
    const propValues = {};
    for (const key in shape) {
      const field2 = shape[key]._zod;
      if (field2.values) {
        if (!Object.prototype.hasOwnProperty.call(propValues, key)) {
          assignProp(propValues, key, /* @__PURE__ */ new Set());
        }
        for (const v of field2.values)
          propValues[key].add(v);
        if (field2.optin !== void 0)
          propValues[key].add(void 0);
      }
    }
    return propValues;
  });
  const isObject3 = isObject;
  const catchall = def.catchall;
  let value;
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    value ?? (value = _normalized.value);
    const input = payload.value;
    if (!isObject3(input)) {
      payload.issues.push({
        expected: "object",
        code: "invalid_type",
        input,
        inst
      });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
    const proms = [];
    const shape = value.shape;
    const abortEarly = ctx?.abortEarly;
    let seen = payload.issues.length;
    for (const key of value.allKeys) {
      if (abortEarly && payload.issues.length !== seen) {
        if (aborted(payload, seen))
          break;
        seen = payload.issues.length;
      }
      if (key === "__proto__")
        continue;
      const el = shape[key];
      const optin = el._zod.optin;
      const optout = el._zod.optout;
      const r = el._zod.run({ value: input[key], issues: [] }, ctx);
      if (r instanceof Promise) {
        proms.push(r.then((r2) => handlePropertyResult(r2, payload, key, input, optin, optout)));
      } else {
        handlePropertyResult(r, payload, key, input, optin, optout);
      }
    }
    if (!catchall) {
      return proms.length ? Promise.all(proms).then(() => payload) : payload;
    }
    return handleCatchall(proms, input, payload, ctx, _normalized.value, inst, abortEarly === true);
  };
});
function handleUnionResults(results, final, inst, ctx) {
  for (const result of results) {
    if (result.issues.length === 0) {
      final.value = result.value;
      return final;
    }
  }
  const nonaborted = results.filter((r) => !aborted(r));
  if (nonaborted.length === 1) {
    final.value = nonaborted[0].value;
    return nonaborted[0];
  }
  final.issues.push({
    code: "invalid_union",
    input: final.value,
    inst,
    errors: results.map((result) => result.issues.map((iss) => finalizeIssue(iss, ctx, config())))
  });
  return final;
}
var $ZodUnion = /* @__PURE__ */ $constructor("$ZodUnion", (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, "optin", (zod) => zod.def.options.some((o) => o._zod.optin === "defaulted") ? "defaulted" : zod.def.options.some((o) => o._zod.optin !== void 0) ? "optional" : void 0);
  defineLazyInternal(inst, "optout", (zod) => zod.def.options.some((o) => o._zod.optout === "optional") ? "optional" : void 0);
  defineLazyInternal(inst, "values", (zod) => {
    if (zod.def.options.every((o) => o._zod.values)) {
      return new Set(zod.def.options.flatMap((option) => Array.from(option._zod.values)));
    }
    return void 0;
  });
  defineLazyInternal(inst, "pattern", (zod) => {
    if (zod.def.options.every((o) => o._zod.pattern)) {
      const patterns = zod.def.options.map((o) => o._zod.pattern);
      return new RegExp(`^(${patterns.map((p) => cleanRegex(p.source)).join("|")})$`);
    }
    return void 0;
  });
  const first = def.options.length === 1 ? def.options[0]._zod.run : null;
  inst._zod.parse = (payload, ctx) => {
    if (first) {
      return first(payload, ctx);
    }
    let async = false;
    const results = [];
    for (const option of def.options) {
      const result = option._zod.run({
        value: payload.value,
        issues: []
      }, ctx);
      if (result instanceof Promise) {
        results.push(result);
        async = true;
      } else {
        if (result.issues.length === 0)
          return result;
        results.push(result);
      }
    }
    if (!async)
      return handleUnionResults(results, payload, inst, ctx);
    return Promise.all(results).then((results2) => {
      return handleUnionResults(results2, payload, inst, ctx);
    });
  };
});
var $ZodTuple = /* @__PURE__ */ $constructor("$ZodTuple", (inst, def) => {
  $ZodType.init(inst, def);
  const items = def.items;
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!Array.isArray(input)) {
      payload.issues.push({
        input,
        inst,
        expected: "tuple",
        code: "invalid_type"
      });
      return payload;
    }
    payload.value = memo ? memo.alloc(inst, payload, [], ctx) : [];
    const proms = [];
    const optinStart = getTupleOptStart(items, "optin");
    const optoutStart = getTupleOptStart(items, "optout");
    if (!def.rest) {
      if (input.length < optinStart) {
        payload.issues.push({
          code: "too_small",
          minimum: optinStart,
          inclusive: true,
          input,
          inst,
          origin: "array"
        });
        return payload;
      }
      if (input.length > items.length) {
        payload.issues.push({
          code: "too_big",
          maximum: items.length,
          inclusive: true,
          input,
          inst,
          origin: "array"
        });
      }
    }
    const itemResults = new Array(items.length);
    const abortEarly = def.rest ? ctx?.abortEarly : void 0;
    let itemAborted = false;
    for (let i = 0; i < items.length; i++) {
      const r = items[i]._zod.run({ value: input[i], issues: [] }, ctx);
      if (r instanceof Promise) {
        proms.push(r.then((rr) => {
          itemResults[i] = rr;
        }));
      } else {
        itemResults[i] = r;
        if (abortEarly && !itemAborted && r.issues.length)
          itemAborted = aborted(r);
      }
    }
    if (def.rest && !itemAborted) {
      let i = items.length - 1;
      const rest = input.slice(items.length);
      let seen = payload.issues.length;
      for (const el of rest) {
        if (abortEarly && payload.issues.length !== seen) {
          if (aborted(payload, seen))
            break;
          seen = payload.issues.length;
        }
        i++;
        const result = def.rest._zod.run({ value: el, issues: [] }, ctx);
        if (result instanceof Promise) {
          proms.push(result.then((r) => handleTupleResult(r, payload, i)));
        } else {
          handleTupleResult(result, payload, i);
        }
      }
    }
    if (proms.length) {
      return Promise.all(proms).then(() => handleTupleResults(itemResults, payload, items, input, optoutStart));
    }
    return handleTupleResults(itemResults, payload, items, input, optoutStart);
  };
});
function getTupleOptStart(items, key) {
  for (let i = items.length - 1; i >= 0; i--) {
    const omittable = key === "optin" ? items[i]._zod.optin !== void 0 : items[i]._zod.optout === "optional";
    if (!omittable)
      return i + 1;
  }
  return 0;
}
function handleTupleResult(result, final, index) {
  if (result.issues.length) {
    final.issues.push(...prefixIssues(index, result.issues));
  }
  final.value[index] = result.value;
}
function handleTupleResults(itemResults, final, items, input, optoutStart) {
  for (let i = 0; i < items.length; i++) {
    const r = itemResults[i];
    const isPresent = i < input.length;
    if (!isPresent && i >= optoutStart && items[i]._zod.optin === "optional") {
      final.value.length = i;
      break;
    }
    if (r.issues.length) {
      if (!isPresent && i >= optoutStart) {
        final.value.length = i;
        break;
      }
      final.issues.push(...prefixIssues(i, r.issues));
    }
    final.value[i] = r.value;
  }
  for (let i = final.value.length - 1; i >= input.length; i--) {
    if (items[i]._zod.optout === "optional" && final.value[i] === void 0) {
      final.value.length = i;
    } else {
      break;
    }
  }
  return final;
}
var $ZodRecord = /* @__PURE__ */ $constructor("$ZodRecord", (inst, def) => {
  $ZodType.init(inst, def);
  const memo = globalConfig.memoizer;
  memo?.attach(inst);
  inst._zod.parse = (payload, ctx) => {
    const input = payload.value;
    if (!isPlainObject(input)) {
      payload.issues.push({
        expected: "record",
        code: "invalid_type",
        input,
        inst
      });
      return payload;
    }
    const proms = [];
    const values = def.keyType._zod.values;
    if (values && !def.partial) {
      payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
      const recordKeys = /* @__PURE__ */ new Set();
      for (const key of values) {
        if (typeof key === "string" || typeof key === "number" || typeof key === "symbol") {
          recordKeys.add(typeof key === "number" ? key.toString() : key);
          if (key === "__proto__")
            continue;
          const keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
          if (keyResult instanceof Promise) {
            throw new Error("Async schemas not supported in object keys currently");
          }
          if (keyResult.issues.length) {
            payload.issues.push({
              code: "invalid_key",
              origin: "record",
              issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
              input: key,
              path: [key],
              inst
            });
            continue;
          }
          const outKey = keyResult.value;
          if (outKey === "__proto__")
            continue;
          const result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
          if (result instanceof Promise) {
            proms.push(result.then((result2) => {
              if (result2.issues.length) {
                payload.issues.push(...prefixIssues(key, result2.issues));
              }
              payload.value[outKey] = result2.value;
            }));
          } else {
            if (result.issues.length) {
              payload.issues.push(...prefixIssues(key, result.issues));
            }
            payload.value[outKey] = result.value;
          }
        }
      }
      let unrecognized;
      for (const key in input) {
        if (!recordKeys.has(key)) {
          if (def.mode === "loose") {
            if (key === "__proto__")
              continue;
            payload.value[key] = input[key];
          } else {
            unrecognized = unrecognized ?? [];
            unrecognized.push(key);
          }
        }
      }
      if (unrecognized && unrecognized.length > 0) {
        payload.issues.push({
          code: "unrecognized_keys",
          input,
          inst,
          keys: unrecognized,
          continue: true
        });
      }
    } else {
      payload.value = memo ? memo.alloc(inst, payload, {}, ctx) : {};
      let unrecognized;
      for (const key of Reflect.ownKeys(input)) {
        if (key === "__proto__")
          continue;
        if (!Object.prototype.propertyIsEnumerable.call(input, key))
          continue;
        let keyResult = def.keyType._zod.run({ value: key, issues: [] }, ctx);
        if (keyResult instanceof Promise) {
          throw new Error("Async schemas not supported in object keys currently");
        }
        const checkNumericKey = typeof key === "string" && number.test(key) && keyResult.issues.length;
        if (checkNumericKey) {
          const retryResult = def.keyType._zod.run({ value: Number(key), issues: [] }, ctx);
          if (retryResult instanceof Promise) {
            throw new Error("Async schemas not supported in object keys currently");
          }
          if (retryResult.issues.length === 0) {
            keyResult = retryResult;
          }
        }
        if (keyResult.issues.length) {
          if (def.mode === "loose") {
            payload.value[key] = input[key];
          } else if (values) {
            unrecognized = unrecognized ?? [];
            unrecognized.push(key);
          } else {
            payload.issues.push({
              code: "invalid_key",
              origin: "record",
              issues: keyResult.issues.map((iss) => finalizeIssue(iss, ctx, config())),
              input: key,
              path: [key],
              inst
            });
          }
          continue;
        }
        const outKey = keyResult.value;
        if (outKey === "__proto__")
          continue;
        const result = def.valueType._zod.run({ value: input[key], issues: [] }, ctx);
        if (result instanceof Promise) {
          proms.push(result.then((result2) => {
            if (result2.issues.length) {
              payload.issues.push(...prefixIssues(key, result2.issues));
            }
            payload.value[outKey] = result2.value;
          }));
        } else {
          if (result.issues.length) {
            payload.issues.push(...prefixIssues(key, result.issues));
          }
          payload.value[outKey] = result.value;
        }
      }
      if (unrecognized && unrecognized.length > 0) {
        payload.issues.push({
          code: "unrecognized_keys",
          input,
          inst,
          keys: unrecognized,
          continue: true
        });
      }
    }
    if (proms.length) {
      return Promise.all(proms).then(() => payload);
    }
    return payload;
  };
});
var $ZodEnum = /* @__PURE__ */ $constructor("$ZodEnum", (inst, def) => {
  $ZodType.init(inst, def);
  const values = getEnumValues(def.entries);
  const valuesSet = new Set(values);
  inst._zod.values = valuesSet;
  defineLazyInternal(inst, "pattern", (zod) => {
    const patternValues = getEnumValues(zod.def.entries).filter((k) => propertyKeyTypes.has(typeof k));
    return new RegExp(patternValues.length ? `^(${patternValues.map((o) => escapeRegex(o.toString())).join("|")})$` : "^[^\\s\\S]$");
  });
  inst._zod.parse = (payload, _ctx) => {
    const input = payload.value;
    if (valuesSet.has(input)) {
      return payload;
    }
    payload.issues.push({
      code: "invalid_value",
      values,
      input,
      inst
    });
    return payload;
  };
});
var $ZodLiteral = /* @__PURE__ */ $constructor("$ZodLiteral", (inst, def) => {
  $ZodType.init(inst, def);
  const values = new Set(def.values);
  inst._zod.values = values;
  defineLazyInternal(inst, "pattern", (zod) => {
    const vals = zod.def.values;
    return new RegExp(vals.length ? `^(${vals.map((o) => typeof o === "string" ? escapeRegex(o) : o ? escapeRegex(o.toString()) : String(o)).join("|")})$` : "^[^\\s\\S]$");
  });
  inst._zod.parse = (payload, _ctx) => {
    const input = payload.value;
    if (values.has(input)) {
      return payload;
    }
    payload.issues.push({
      code: "invalid_value",
      values: def.values,
      input,
      inst
    });
    return payload;
  };
});
function handleOptionalResult(payload, result) {
  payload.value = result.issues.length ? void 0 : result.value;
  return payload;
}
var $ZodOptional = /* @__PURE__ */ $constructor("$ZodOptional", (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin === "defaulted" ? "defaulted" : "optional");
  inst._zod.optout = "optional";
  defineLazyInternal(inst, "values", (zod) => {
    const values = zod.def.innerType._zod.values;
    return values ? /* @__PURE__ */ new Set([...values, void 0]) : void 0;
  });
  defineLazyInternal(inst, "pattern", (zod) => {
    const pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)})?$`) : void 0;
  });
  inst._zod.parse = (payload, ctx) => {
    if (payload.value === void 0) {
      if (def.innerType._zod.optin !== "defaulted")
        return payload;
      const result = def.innerType._zod.run({ value: payload.value, issues: [] }, ctx);
      if (result instanceof Promise)
        return result.then((result2) => handleOptionalResult(payload, result2));
      return handleOptionalResult(payload, result);
    }
    return def.innerType._zod.run(payload, ctx);
  };
});
var $ZodNullable = /* @__PURE__ */ $constructor("$ZodNullable", (inst, def) => {
  $ZodType.init(inst, def);
  defineLazyInternal(inst, "optin", (zod) => zod.def.innerType._zod.optin);
  defineLazyInternal(inst, "optout", (zod) => zod.def.innerType._zod.optout);
  defineLazyInternal(inst, "pattern", (zod) => {
    const pattern = zod.def.innerType._zod.pattern;
    return pattern ? new RegExp(`^(${cleanRegex(pattern.source)}|null)$`) : void 0;
  });
  defineLazyInternal(inst, "values", (zod) => {
    return zod.def.innerType._zod.values ? /* @__PURE__ */ new Set([...zod.def.innerType._zod.values, null]) : void 0;
  });
  inst._zod.parse = (payload, ctx) => {
    if (payload.value === null)
      return payload;
    return def.innerType._zod.run(payload, ctx);
  };
});

// node_modules/zod/v4/core/api.js
function snapshotChecks(def) {
  if (def.checks)
    def.checks = [...def.checks];
  return def;
}
// @__NO_SIDE_EFFECTS__
function _string(Class, params) {
  return new Class(snapshotChecks({ type: "string", ...normalizeParams(params) }));
}
// @__NO_SIDE_EFFECTS__
function _number(Class, params) {
  return new Class(snapshotChecks({ type: "number", checks: [], ...normalizeParams(params) }));
}
// @__NO_SIDE_EFFECTS__
function _boolean(Class, params) {
  return new Class({
    type: "boolean",
    ...normalizeParams(params)
  });
}
// @__NO_SIDE_EFFECTS__
function _unknown(Class) {
  return new Class({
    type: "unknown"
  });
}
// @__NO_SIDE_EFFECTS__
function _minLength(minimum, params) {
  return new $ZodCheckMinLength({
    check: "min_length",
    ...normalizeParams(params),
    minimum
  });
}
// @__NO_SIDE_EFFECTS__
function _regex(pattern, params) {
  return new $ZodCheckRegex({
    check: "string_format",
    format: "regex",
    ...normalizeParams(params),
    pattern
  });
}

// node_modules/zod/v4/mini/schemas.js
var ZodMiniType = /* @__PURE__ */ $constructor("ZodMiniType", (inst, def) => {
  if (!inst._zod)
    throw new Error("Uninitialized schema in ZodMiniType.");
  $ZodType.init(inst, def);
  inst.def = def;
  inst.type = def.type;
}, {
  // `with` is an alias for `check`: the same function object, not a wrapper.
  get with() {
    return this.check;
  },
  set with(value) {
    own(this, "with", value);
  },
  parse(data, params) {
    return parse2(this, data, params, { callee: this.parse });
  },
  parseAsync(data, params) {
    return parseAsync(this, data, params, { callee: this.parseAsync });
  },
  safeParse(data, params) {
    return safeParse(this, data, params);
  },
  safeParseAsync(data, params) {
    return safeParseAsync(this, data, params);
  },
  check(...checks) {
    const def = this.def;
    return this.clone({
      ...def,
      checks: [
        ...def.checks ?? [],
        ...checks.map((ch) => typeof ch === "function" ? { _zod: { check: ch, def: { check: "custom" }, onattach: [] } } : ch)
      ]
    }, { parent: true });
  },
  clone(_def, params) {
    return clone(this, _def, params);
  },
  brand() {
    return this;
  },
  register(reg, meta2) {
    reg.add(this, meta2);
    return this;
  },
  apply(fn, ...args) {
    return args.length === 0 ? fn(this) : fn(this, ...args);
  }
});
var ZodMiniString = /* @__PURE__ */ $constructor("ZodMiniString", (inst, def) => {
  $ZodString.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function string2(params) {
  return _string(ZodMiniString, params);
}
var ZodMiniNumber = /* @__PURE__ */ $constructor("ZodMiniNumber", (inst, def) => {
  $ZodNumber.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function number2(params) {
  return _number(ZodMiniNumber, params);
}
var ZodMiniBoolean = /* @__PURE__ */ $constructor("ZodMiniBoolean", (inst, def) => {
  $ZodBoolean.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function boolean2(params) {
  return _boolean(ZodMiniBoolean, params);
}
var ZodMiniUnknown = /* @__PURE__ */ $constructor("ZodMiniUnknown", (inst, def) => {
  $ZodUnknown.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function unknown() {
  return _unknown(ZodMiniUnknown);
}
var ZodMiniArray = /* @__PURE__ */ $constructor("ZodMiniArray", (inst, def) => {
  $ZodArray.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function array(element, params) {
  return new ZodMiniArray({
    type: "array",
    element,
    ...normalizeParams(params)
  });
}
var ZodMiniObject = /* @__PURE__ */ $constructor("ZodMiniObject", (inst, def) => {
  $ZodObject.init(inst, def);
  ZodMiniType.init(inst, def);
  installLazyProp(inst, "shape", (self) => self._zod.def.shape, false);
});
// @__NO_SIDE_EFFECTS__
function object(shape, params) {
  const def = {
    type: "object",
    shape: shape ?? {},
    ...normalizeParams(params)
  };
  return new ZodMiniObject(def);
}
var ZodMiniUnion = /* @__PURE__ */ $constructor("ZodMiniUnion", (inst, def) => {
  $ZodUnion.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function union(options, params) {
  return new ZodMiniUnion({
    type: "union",
    options,
    ...normalizeParams(params)
  });
}
var ZodMiniTuple = /* @__PURE__ */ $constructor("ZodMiniTuple", (inst, def) => {
  $ZodTuple.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function tuple(items, _paramsOrRest, _params) {
  const hasRest = _paramsOrRest instanceof $ZodType;
  const params = hasRest ? _params : _paramsOrRest;
  const rest = hasRest ? _paramsOrRest : null;
  return new ZodMiniTuple({
    type: "tuple",
    items,
    rest,
    ...normalizeParams(params)
  });
}
var ZodMiniRecord = /* @__PURE__ */ $constructor("ZodMiniRecord", (inst, def) => {
  $ZodRecord.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function record(keyType, valueType, params) {
  if (!valueType || !valueType._zod) {
    return new ZodMiniRecord({
      type: "record",
      keyType: /* @__PURE__ */ string2(),
      valueType: keyType,
      ...normalizeParams(valueType)
    });
  }
  return new ZodMiniRecord({
    type: "record",
    keyType,
    valueType,
    ...normalizeParams(params)
  });
}
var ZodMiniEnum = /* @__PURE__ */ $constructor("ZodMiniEnum", (inst, def) => {
  $ZodEnum.init(inst, def);
  ZodMiniType.init(inst, def);
  inst.options = [...inst._zod.values];
});
// @__NO_SIDE_EFFECTS__
function _enum(values, params) {
  const entries = Array.isArray(values) ? Object.fromEntries(values.map((v) => [v, v])) : values;
  return new ZodMiniEnum({
    type: "enum",
    entries,
    ...normalizeParams(params)
  });
}
var ZodMiniLiteral = /* @__PURE__ */ $constructor("ZodMiniLiteral", (inst, def) => {
  $ZodLiteral.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function literal(value, params) {
  return new ZodMiniLiteral({
    type: "literal",
    values: Array.isArray(value) ? value : [value],
    ...normalizeParams(params)
  });
}
var ZodMiniOptional = /* @__PURE__ */ $constructor("ZodMiniOptional", (inst, def) => {
  $ZodOptional.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function optional(innerType) {
  return new ZodMiniOptional({
    type: "optional",
    innerType
  });
}
var ZodMiniNullable = /* @__PURE__ */ $constructor("ZodMiniNullable", (inst, def) => {
  $ZodNullable.init(inst, def);
  ZodMiniType.init(inst, def);
});
// @__NO_SIDE_EFFECTS__
function nullable(innerType) {
  return new ZodMiniNullable({
    type: "nullable",
    innerType
  });
}

// src/model/first-mismatch.ts
function firstMismatch(value, schema) {
  const path = [];
  const problem = look(value, schema, path);
  return problem === void 0 ? void 0 : { path, problem };
}
function look(value, schema, path) {
  const { def } = schema._zod;
  switch (def.type) {
    case "optional":
      return value === void 0 ? void 0 : look(value, def.innerType, path);
    case "nullable":
      return value === null ? void 0 : look(value, def.innerType, path);
    case "array":
      return Array.isArray(value) ? lookIn(value.entries(), () => def.element, path) : "expected array";
    case "record":
      return isObject2(value) ? lookIn(Object.entries(value), () => def.valueType, path) : "expected object";
    case "object":
      return isObject2(value) ? lookIn(fieldsOf(value, def.shape), (name) => def.shape[name], path) : "expected object";
    case "union":
      return look(value, chooseOption(def.options, value), path);
    default:
      if (safeParse(schema, value).success) return void 0;
      if (value === void 0) return "is missing";
      return def.type === "literal" ? `is not ${def.values.join(" or ")}` : `expected ${def.type}`;
  }
}
function lookIn(parts, schemaOf, path) {
  for (const [key, part] of parts) {
    const schema = schemaOf(key);
    if (schema === void 0) continue;
    path.push(key);
    const problem = look(part, schema, path);
    if (problem !== void 0) return problem;
    path.pop();
  }
  return void 0;
}
function chooseOption(options, value) {
  const isList = (option) => option._zod.def.type === "array";
  return options.find((option) => isList(option) === Array.isArray(value)) ?? options[0];
}
function fieldsOf(value, shape) {
  return Object.keys(shape).map((name) => [name, Object.hasOwn(value, name) ? value[name] : void 0]);
}
function isObject2(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/model/toolchain.ts
var evidenceSchema = object({ fact: string2(), source: string2() });
var backendSchema = _enum(["nft", "legacy"]);
var packageRecordSchema = object({
  name: string2(),
  /** As the database writes it, revision and epoch included: `1.8.4-r2`, `1:1.8.9-2+b1`. */
  version: string2(),
  database: _enum(["apk", "dpkg", "rpm"])
});
var toolSchema = object({
  /** The program, not the file: `iptables`, `ip6tables`, `ebtables`, `arptables`, `nft`, `ipset`, `conntrack`. One entry
   * per program and binary that provides it, so iptables with both backends has two. */
  name: string2(),
  /** Upstream version without distribution revision (`1.8.4`); null when neither record nor bytes tell. */
  version: nullable(string2().check(_regex(/^\d+(\.\d+){1,3}$/, "a version of two to four numbers, or null"))),
  backend: optional(backendSchema),
  /** The path by which a program reaches it: the first in PATH order. */
  path: string2(),
  /** The regular file behind it. */
  target: string2(),
  /** Link chain from `path` to `target`, both included. */
  via: array(string2()),
  /** GOARCH-like name of the ELF file's machine (`amd64`, `arm64`, `arm`, `386`, ...). */
  architecture: optional(string2()),
  package: optional(packageRecordSchema),
  /** The record that names the file while the file's content is another than the recorded one: it was replaced, and no
   * record describes it. Never together with `package`. */
  replacedPackage: optional(packageRecordSchema),
  /** Version read from the bytes of the binary (or of its library: ipset); absent when they don't tell. */
  byteVersion: optional(string2()),
  /** nft: JSON support is compiled in (`nft -j`); absent when the bytes don't tell. */
  json: optional(boolean2()),
  /** Neither the file nor a link to it stands in a folder of PATH: in a root inside the image, say. No command reaches it.
   * Absent: one does, or may. */
  outsidePath: optional(boolean2()),
  /** The file carries `security.capability`. */
  fileCapabilities: optional(boolean2()),
  evidence: array(evidenceSchema)
});
var librarySchema = object({
  /** Without version: `libnftnl`. */
  name: string2(),
  /** `11.3.0` of `libnftnl.so.11.3.0`. */
  soVersion: string2(),
  path: string2(),
  /** Oldest and newest release it can be; null where that end is not known. */
  versions: tuple([nullable(string2()), nullable(string2())]),
  package: optional(packageRecordSchema),
  evidence: array(evidenceSchema)
});
var extensionFamilySchema = _enum(["any", "ipv4", "ipv6", "arp", "bridge"]);
var extensionSchema = object({
  name: string2(),
  /** Absent where the bytes do not tell: in programs that hold their extensions. */
  kind: optional(_enum(["match", "target"])),
  family: extensionFamilySchema,
  /** Ascending. The tools take the highest one that the kernel has too. */
  revisions: array(number2()),
  /** The kernel's extension behind it, when that has another name: `conntrack` of `state`. */
  realName: optional(string2())
});
var extensionSetSchema = object({
  /** The libxtables that loads them, or the program that holds them. */
  library: string2(),
  /** Where the library looks; absent for a program that holds them. */
  directory: optional(string2()),
  /** Extension files in the directory: 0 when the folder is absent or empty. */
  files: optional(number2()),
  /** The tools' files that use the library, by path. */
  tools: optional(array(string2())),
  /** What can be loaded: a match or target whose file has its name. Absent: not looked at. */
  list: optional(array(extensionSchema)),
  /** Files of the directory that could not be told; what they bring is not in `list`. */
  unread: optional(array(string2()))
});
var commandSchema = object({
  backend: _enum(["nft", "legacy", "auto", "none", "unknown"]),
  /** Link chain from the first hit in PATH to the final file; ends at the path that does not exist when it dangles. */
  via: array(string2()),
  /** The chain ends at a path that does not exist. */
  dangling: optional(boolean2()),
  /** A script that leaves the container (chroot, nsenter): the host's tools run. */
  hostExec: optional(boolean2()),
  /** A command of a start script that makes it what is said here, with the script: `update-alternatives --set ... of
   * /entrypoint.sh`. */
  setBy: optional(string2())
});
var startRunSchema = object({
  /** `iptables-legacy-restore`. */
  command: string2(),
  name: _enum(["iptables", "ip6tables"]),
  backend: backendSchema,
  /** `sure`: it is run whenever the image starts. `tolerated`: likewise, and the script goes on when it fails. `possible`:
   * nobody knows beforehand whether it is run. */
  certainty: _enum(["sure", "tolerated", "possible"]),
  /** The script, or `the image's entrypoint`. */
  by: string2(),
  /** The words of the command, cut to a line of a report. */
  line: string2()
});
var selectorSchema = object({
  /** What decides: `symlink`, `alternatives` (fixed at build time), `iptables-wrapper` (at run time), `script` (unknown one). */
  kind: _enum(["symlink", "alternatives", "iptables-wrapper", "script"]),
  /** Generation of a wrapper: `v1`, `v2`, `go`, `v3`, or a fork's name; null for what has no version. */
  version: nullable(string2()),
  /** It is really what `iptables` resolves to in PATH order. */
  effective: boolean2(),
  /** Folder in which a wrapper replaces the links, where `iptables` leads to it by one elsewhere: it calls itself for ever. */
  loops: optional(string2()),
  path: string2(),
  evidence: array(evidenceSchema)
});
var imageProgramSchema = object({
  /** Name of a program profile in the knowledge base (`kilo`), or the last element of the Go module path. */
  name: string2(),
  version: nullable(string2()),
  /** Path of its binary in the image. */
  path: string2(),
  /** Go module path when it is a Go program. */
  module: optional(string2()),
  /** Netfilter libraries linked, with versions: `github.com/coreos/go-iptables@v0.6.0`. */
  libraries: array(string2()),
  evidence: array(evidenceSchema)
});
var legacyProgramSchema = object({
  path: string2(),
  /** Those of libip4tc and libip6tc that it asks for: `libip4tc.so.2`. */
  libraries: array(string2()).check(_minLength(1)),
  /** The image's entrypoint or command starts it, or a start script of theirs. */
  started: boolean2(),
  evidence: array(evidenceSchema).check(_minLength(1))
});
var toolchainSchema = object({
  os: object({ id: nullable(string2()), versionId: nullable(string2()) }),
  /** Architecture that the platform states. */
  architecture: string2(),
  tools: array(toolSchema),
  libraries: array(librarySchema),
  /** Libraries that a tool needs (ELF DT_NEEDED, its libraries' own included) and that the image lacks: the file of the tool
   * and the name that the loader looks for. Absent: not looked at. */
  missingLibraries: optional(array(object({ path: string2(), library: string2() }))),
  /** Matches and targets of iptables, for each libxtables and each program that holds them. Absent without either. */
  extensions: optional(array(extensionSetSchema)),
  /** Programs that are linked with libip4tc or libip6tc. Absent: none. */
  legacyPrograms: optional(array(legacyProgramSchema)),
  /** By command name: `iptables`, `ip6tables` and their `-save` and `-restore`, `nft`, `ipset`. */
  defaults: record(string2(), commandSchema),
  /** Absent: none. */
  startRuns: optional(array(startRunSchema)),
  selector: optional(selectorSchema),
  program: optional(imageProgramSchema),
  /** A known program that is in the image beside `program`, which the entrypoint starts: whether that one starts it in turn
   * could not be told. */
  otherProgram: optional(imageProgramSchema),
  /** A `modprobe` that could load kernel modules is in PATH. */
  modprobe: boolean2(),
  /** Variables of the image config that choose a backend (names listed in the knowledge base), nothing else. */
  environment: record(string2(), string2()),
  /** As whom the image's command starts, by its config. Absent: root. */
  user: optional(
    object({
      /** As the config has it: `65534`, `nonroot:nonroot`. */
      name: string2(),
      /** A program in PATH by which it can run others as root: sudo or doas. */
      becomesRoot: optional(string2())
    })
  ),
  /** What could not be told, e.g. `{fact: "version of /sbin/iptables", reason: "packed by UPX"}`. */
  missing: array(
    object({
      fact: string2(),
      reason: string2(),
      /** All that is said here may be of other files than those that run: nothing can be judged without it. */
      decisive: optional(boolean2())
    })
  )
});
var inspectionSchema = object({
  schemaVersion: literal(1),
  tool: object({ name: string2(), version: string2() }),
  images: array(
    object({
      reference: string2(),
      digest: string2(),
      platforms: array(
        object({
          platform: string2(),
          toolchain: toolchainSchema,
          /** Odd things met while reading it, each a clause without a full stop. Absent: none. */
          notes: optional(array(string2()))
        })
      )
    })
  )
});

// src/files/inspection-cache.ts
var ENTRY_SIZE = 4 * 1024 * 1024;
var ENTRIES = 500;
function openInspectionCache(folder, tool2) {
  refuseOther(folder);
  let problem;
  return {
    recall: (platform) => readEntry(join2(folder, nameOf(platform, tool2)), platform, tool2),
    store({ platform, configDigest }, { toolchain, notes, layers }) {
      const images = [{ reference: configDigest, digest: configDigest, platforms: [{ platform, toolchain, notes }] }];
      const text = `${JSON.stringify({ schemaVersion: 1, tool: tool2, layers, images })}
`;
      try {
        writeWhole(join2(folder, nameOf({ platform, configDigest }, tool2)), text);
        makeRoom(folder);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problem = error.message;
      }
    },
    problem: () => problem
  };
}
function refuseOther(folder) {
  let isFolder;
  try {
    isFolder = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? true;
  } catch (error) {
    throw new UserError(`${folder}: can't be used for the cache (${error.code})`);
  }
  if (!isFolder) throw new UserError(`${folder}: not a folder: name one for the cache, it is made when it isn't there`);
}
function nameOf({ platform, configDigest }, { version: version2 }) {
  const key = createHash("sha256").update(JSON.stringify([version2, platform, configDigest]));
  return `${key.digest("hex")}.json`;
}
function readEntry(path, { platform, configDigest }, tool2) {
  const value = parse3(path);
  if (typeof value !== "object" || value === null) return void 0;
  if (firstMismatch(value, inspectionSchema) !== void 0) return void 0;
  const inspection = inspectionSchema.parse(value);
  const layers = layersOf(value);
  if (layers === void 0 || inspection.tool.version !== tool2.version) return void 0;
  const [image] = inspection.images;
  const [entry] = image?.platforms ?? [];
  if (image?.digest !== configDigest || entry?.platform !== platform) return void 0;
  return { toolchain: entry.toolchain, notes: entry.notes ?? [], layers };
}
function layersOf(value) {
  const layers = "layers" in value ? value.layers : void 0;
  return Array.isArray(layers) && layers.every((digest) => typeof digest === "string") ? layers : void 0;
}
function parse3(path) {
  try {
    const bytes = readIfThere({ path, shown: path, limit: ENTRY_SIZE, what: "an entry of the cache" });
    return bytes === void 0 ? void 0 : JSON.parse(bytes.toString("utf8"));
  } catch {
    return void 0;
  }
}
function makeRoom(folder) {
  const names2 = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
  if (names2.length <= ENTRIES) return;
  const aged = names2.flatMap((name) => {
    const status = lstatSync(join2(folder, name), { throwIfNoEntry: false });
    return status === void 0 ? [] : [{ name, time: status.mtimeMs }];
  });
  aged.sort((a, b) => a.time - b.time);
  for (const { name } of aged.slice(0, aged.length - ENTRIES)) rmSync(join2(folder, name), { force: true });
}

// src/image/limits.ts
var names = {
  entries: "entries",
  uncompressedBytes: "image-size",
  nameBytes: "names-size",
  keptBytes: "kept-size",
  documentBytes: "documents-size",
  treeEntries: "tree-entries",
  manifests: "manifests"
};
function createBudget(limits) {
  const { entries, uncompressedBytes, nameBytes, keptBytes, documentBytes, treeEntries, manifests } = limits;
  return { entries, uncompressedBytes, nameBytes, keptBytes, documentBytes, treeEntries, manifests };
}
function spend(budget, what, amount, limits) {
  budget[what] -= amount;
  if (budget[what] < 0) throw exceeded(names[what], limits);
}
function isLimit(error) {
  return error instanceof LimitError;
}
function createDeadline(limits) {
  const end = performance.now() + limits.totalSeconds * 1e3;
  const controller = new AbortController();
  const error = exceeded("total-time", limits);
  setTimeout(() => controller.abort(error), limits.totalSeconds * 1e3).unref();
  return {
    signal: controller.signal,
    check() {
      controller.signal.throwIfAborted();
      if (performance.now() > end) throw error;
    }
  };
}

// src/image/digest.ts
import { createHash as createHash2 } from "node:crypto";

// src/image/errors.ts
function quote(text) {
  const short = text.length > 200 ? `${text.slice(0, 197)}...` : text;
  const escaped = short.replace(
    // C0, DEL, C1, line and paragraph separators, and what turns the direction of text round
    /[\u0000-\u001f\u007f-\u009f\u2028-\u202f\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  );
  return `"${escaped}"`;
}
var AbsentPart = class extends UserError {
  name = "AbsentPart";
};
function locate(error, place2) {
  if (error instanceof LimitError) return new LimitError(`${place2}: ${error.message}`, error.limit, { cause: error });
  if (error instanceof UserError) return new UserError(`${place2}: ${error.message}`, { cause: error });
  const code = errorCode(error);
  if (code === void 0) return error;
  const problem = describeSystemError(code, error);
  return problem === void 0 ? error : new UserError(`${place2}: ${problem}`, { cause: error });
}
function errorCode(error) {
  if (!(error instanceof Error) || !("code" in error)) return void 0;
  return typeof error.code === "string" ? error.code : void 0;
}
function describeSystemError(code, error) {
  if (code === "Z_BUF_ERROR") return "it is truncated: the compressed data ends too early";
  if (code.startsWith("Z_") || code.startsWith("ZSTD_")) return `its compressed data is damaged (${error.message})`;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  if (code === "EISDIR") return "it is a directory";
  return /^E[A-Z0-9]+$/.test(code) ? `it cannot be read (${error.message})` : void 0;
}

// src/image/digest.ts
var HEX_LENGTH = { sha256: 64, sha512: 128 };
function parseDigest(text) {
  const match2 = /^(sha256|sha512):([0-9a-f]+)$/.exec(text);
  const algorithm = match2?.[1];
  const hex = match2?.[2];
  if (algorithm === void 0 || hex?.length !== HEX_LENGTH[algorithm]) return void 0;
  return { algorithm, hex };
}
function requireDigest(text) {
  const digest = parseDigest(text);
  if (digest === void 0) throw new UserError(`${quote(text)} is not a sha256 or sha512 digest`);
  return digest;
}
async function digestOfStream(source, algorithm, signal) {
  const hash = createHash2(algorithm);
  for await (const chunk of source) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return `${algorithm}:${hash.digest("hex")}`;
}
function digestOf(data, algorithm = "sha256") {
  return `${algorithm}:${createHash2(algorithm).update(data).digest("hex")}`;
}

// src/image/tree.ts
var MAX_HOPS = 40;
function isDirectory(slot) {
  return typeof slot === "object" && "children" in slot;
}
function isSymlink(slot) {
  return typeof slot === "object" && "type" in slot && slot.type === "symlink";
}
function createDirectory(node) {
  return { node, children: /* @__PURE__ */ new Map() };
}
function splitPath(path) {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
function walkPath(root, path, followLast, options = {}) {
  const { hops: mostHops = MAX_HOPS, create } = options;
  const met = [];
  let stack = [{ directory: root, name: "" }];
  const pending = splitPath(path).reverse();
  let hops = 0;
  const here = () => stack[stack.length - 1]?.directory ?? root;
  const pathOf = (name) => {
    const names2 = stack.slice(1).map((level) => level.name);
    return `/${(name === void 0 ? names2 : [...names2, name]).join("/")}`;
  };
  for (let name = pending.pop(); name !== void 0; name = pending.pop()) {
    options.onStep?.();
    const isLast2 = pending.length === 0;
    if (name === "..") {
      if (stack.length > 1) stack.pop();
      continue;
    }
    const parent = here();
    const slot = parent.children.get(name) ?? addDirectory(parent, name, create);
    if (isLast2) met.push(pathOf(name));
    if (slot === void 0) return { end: "missing", at: [pathOf(name), ...pending.reverse()].join("/"), met };
    if (isDirectory(slot)) {
      if (isLast2) return { end: "slot", parent, name, slot, path: pathOf(name), met };
      stack.push({ directory: slot, name });
    } else if (isSymlink(slot) && (!isLast2 || followLast)) {
      if (++hops > mostHops) return { end: "loop", at: pathOf(name), met };
      if (slot.target.startsWith("/")) stack = stack.slice(0, 1);
      pending.push(...splitPath(slot.target).reverse());
    } else if (isLast2) return { end: "slot", parent, name, slot, path: pathOf(name), met };
    else return { end: "not-a-directory", at: pathOf(name), met };
  }
  return { end: "directory", directory: here(), path: pathOf(), met };
}
function addDirectory(parent, name, create) {
  const directory = create?.();
  if (directory !== void 0) parent.children.set(name, directory);
  return directory;
}
function createTree(root, files) {
  function toNode(slot) {
    if (typeof slot === "number") return files.node(slot);
    return isDirectory(slot) ? slot.node : slot;
  }
  function resolve3(path) {
    const asked = `/${splitPath(path).join("/")}`;
    const walk2 = walkPath(root, path, true);
    const via = [asked, ...walk2.met.slice(1)];
    if (walk2.end === "directory") {
      if (via[via.length - 1] !== walk2.path) via.push(walk2.path);
      return { found: true, path: walk2.path, node: walk2.directory.node, via };
    }
    if (walk2.end !== "slot") return { found: false, reason: walk2.end, at: walk2.at, via };
    const node = toNode(walk2.slot);
    if (node.type === "symlink") throw new Error(`link not followed: ${walk2.path}`);
    return { found: true, path: walk2.path, node, via };
  }
  return {
    resolve: resolve3,
    lookup(path) {
      const walk2 = walkPath(root, path, false);
      if (walk2.end === "directory") return walk2.directory.node;
      return walk2.end === "slot" ? toNode(walk2.slot) : void 0;
    },
    list(path) {
      const walk2 = walkPath(root, path, true);
      if (walk2.end === "directory") return [...walk2.directory.children.keys()].sort();
      return walk2.end === "slot" && isDirectory(walk2.slot) ? [...walk2.slot.children.keys()].sort() : [];
    },
    *walk(names2) {
      const isWanted = (name, slot) => names2 === void 0 || (typeof slot === "number" ? files.hasContent(slot) : isSymlink(slot)) || names2.has(name);
      if (isWanted("", root)) yield { path: "/", node: root.node };
      const pending = [{ directory: root, path: "" }];
      for (let next = pending.pop(); next !== void 0; next = pending.pop()) {
        for (const [name, slot] of next.directory.children) {
          const wanted = isWanted(name, slot);
          const below = isDirectory(slot);
          if (!wanted && !below) continue;
          const path = `${next.path}/${name}`;
          if (wanted) yield { path, node: typeof slot === "number" ? files.peek(slot) : toNode(slot) };
          if (below) pending.push({ directory: slot, path });
        }
      }
    }
  };
}

// src/image/lower-links.ts
function watchLowerLinks(root, { digest, files, idle, bounds }) {
  const links = /* @__PURE__ */ new Map();
  let first;
  const uncounted = { hops: bounds.hops, onStep() {
  } };
  function findLink(parent, isOwn) {
    let at = root;
    for (let from = 1; from < parent.length; ) {
      const slash = parent.indexOf("/", from);
      const end = slash < 0 ? parent.length : slash;
      const slot = at.children.get(parent.slice(from, end));
      if (slot === void 0) return void 0;
      if (isDirectory(slot)) at = slot;
      else {
        if (!isSymlink(slot)) return void 0;
        const path = parent.slice(0, end);
        const target = findTarget(root, path, uncounted);
        if (!isOwn(slot)) return { path, slot, target };
        if (target === void 0) return void 0;
        at = target;
      }
      from = end + 1;
    }
    return void 0;
  }
  return {
    pass(parent, isOwn) {
      const link2 = findLink(parent, isOwn);
      if (link2 === void 0) return false;
      const known = links.get(link2.path) ?? (link2.target === void 0 || matters(link2.target, files, bounds));
      links.set(link2.path, known);
      if (known) first ??= parent;
      else if (idle.get(link2.path)?.link !== link2.slot) idle.set(link2.path, { link: link2.slot, parent, digest });
      return true;
    },
    note(path, slot) {
      if (first === void 0 && matters(slot, files, bounds)) first = path;
    },
    doubts() {
      if (first === void 0) return [];
      for (const [path, passed] of idle) if (passed.digest === digest) idle.delete(path);
      return [describe2(first, digest)];
    }
  };
}
function judgeIdleLinks(root, idle, files, bounds) {
  const found = /* @__PURE__ */ new Map();
  for (const [path, { link: link2, parent, digest }] of idle) {
    if (found.has(digest)) continue;
    const walk2 = walkPath(root, path, false, bounds);
    if (walk2.end !== "slot" || walk2.slot !== link2) continue;
    const target = findTarget(root, path, bounds);
    if (target !== void 0 && matters(target, files, bounds)) found.set(digest, describe2(parent, digest));
  }
  return [...found.values()];
}
function findTarget(root, path, bounds) {
  const walk2 = walkPath(root, path, true, bounds);
  if (walk2.end === "directory") return walk2.directory;
  return walk2.end === "slot" && isDirectory(walk2.slot) ? walk2.slot : void 0;
}
function describe2(path, digest) {
  const reason = `${quote(path)} lies behind a link of a lower layer: containerd follows it, Docker's overlay2, podman and CRI-O put a folder in its place`;
  return { fact: `which files of layer ${digest} are run`, reason };
}
function matters(slot, files, bounds) {
  const pending = [slot];
  for (let next = pending.pop(); next !== void 0; next = pending.pop()) {
    bounds.onStep();
    if (isDirectory(next)) for (const child of next.children.values()) pending.push(child);
    else if (isSymlink(next)) return true;
    else if (typeof next === "number") {
      const { files: table2, file } = files.find(next);
      if (table2.isShown(file)) return true;
    }
  }
  return false;
}

// src/image/whiteouts.ts
var WHITEOUT = ".wh.";
var OPAQUE = ".wh..wh..opq";
var AUFS = ".wh..wh.";
var AUFS_LINKS = "/.wh..wh.plnk";

// src/image/apply-order.ts
function watchApplyOrder(root, layer, files, bounds) {
  let reason;
  const gone = /* @__PURE__ */ new Map();
  const isOf = (slot) => matters(slot, files, bounds);
  const find3 = (path) => walkPath(root, path, false, bounds);
  const emptied = /* @__PURE__ */ new Set();
  function doubt(path, how) {
    reason ??= `${quote(path)} ${how}`;
  }
  function checkFile(path) {
    const walk2 = find3(path);
    if (walk2.end === "slot" && !isSymlink(walk2.slot) && isOf(walk2.slot)) doubt(path, FILE);
  }
  const { whiteouts, opaques } = { whiteouts: lastOf(layer.whiteouts), opaques: lastOf(layer.opaques) };
  const globals = layer.globals.filter((path) => !isIdle(path, find3, isOf));
  const hidden = /* @__PURE__ */ new Set();
  for (const path of whiteouts.keys()) {
    const walk2 = find3(path);
    if (walk2.end === "not-a-directory") checkFile(walk2.at);
    const found = directoryAt(walk2);
    if (found !== void 0 && isOf(found)) hidden.add(path);
  }
  for (const path of opaques.keys()) {
    const walk2 = find3(path);
    if (walk2.end === "not-a-directory") checkFile(walk2.at);
    if (walk2.end === "slot" && !isDirectory(walk2.slot)) checkFile(walk2.path);
    const found = directoryAt(walk2);
    if (found === void 0 || !isOf(found)) continue;
    if (found === root) doubt(path, ROOT);
    else emptied.add(found);
  }
  function listFilled(hidings, below = "") {
    const filled = /* @__PURE__ */ new Map();
    for (const [path, after] of hidings) {
      const walk2 = find3(path);
      if (walk2.end !== "slot" && walk2.end !== "directory") continue;
      filled.set(path, after);
      if (leadsThroughOwn(root, `${path}${below}`, layer.digest)) doubt(path, LINK);
      if (hidden.has(path) && directoryAt(walk2) !== void 0) doubt(path, AGAIN);
    }
    return filled;
  }
  return {
    replaced(parent, name, directory) {
      if (!emptied.has(directory) && !isOf(directory)) return;
      const names2 = gone.get(parent) ?? /* @__PURE__ */ new Set();
      gone.set(parent, names2.add(name));
    },
    back(parent, name, path) {
      if (gone.get(parent)?.has(name) === true) doubt(path, AGAIN);
    },
    linked(path, leaf) {
      if (isOf(leaf)) doubt(path, LINKED);
    },
    changed(path, leaf, link2) {
      const { files: table2, file } = files.find(leaf);
      const { mode, xattrs } = table2.peek(file);
      const isOther = (mode & 73) === 0 ? (link2.mode & 73) !== 0 : (link2.mode & 73) === 0;
      const hasOther = (xattrs["security.capability"] ?? "") !== link2.capability && table2.isShown(file);
      if (isOther || hasOther) doubt(path, CHANGED);
    },
    finish() {
      const early = findEarly(layer, { whiteouts: listFilled(whiteouts), opaques: listFilled(opaques, "/.") }, bounds);
      if (early !== void 0) doubt(early, EARLY);
      const active = [...globals, ...layer.globals.filter((path) => !isIdle(path, find3, isOf))];
      if (active[0] !== void 0) doubt(active[0], GLOBAL);
    },
    doubts: () => reason === void 0 ? [] : [{ fact: `which files of layer ${layer.digest} are run`, reason }]
  };
}
var EARLY = "is put and then hidden by the layer itself: some runtimes go by the order, some do not, others fail";
var AGAIN = "is a directory that the layer takes away and has again: where layers are unpacked onto overlayfs, as by Docker, containerd and podman, what lower layers have in it is shown";
var ROOT = "is marked as empty, which overlayfs does not obey at the root: Docker, containerd and podman show what lower layers have";
var CHANGED = "is a hard link with another mode or other capabilities than its file: whoever unpacks the layer gives them to the file, which here has its own";
var LINKED = "is a hard link to a file that the layer hides: in some runtimes it leads to the file, in others to nothing";
var FILE = "is a file of a lower layer, and the layer hides something below it: Docker, podman and CRI-O then put a folder in its place";
var LINK = "is hidden behind a link of the layer itself: some runtimes follow it";
var GLOBAL = "is the name of a header that belongs to no file: containerd removes or hides what has the name, Docker does not";
function directoryAt(walk2) {
  if (walk2.end === "directory") return walk2.directory;
  return walk2.end === "slot" && isDirectory(walk2.slot) ? walk2.slot : void 0;
}
function isIdle(path, find3, isOf) {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const isWhiteout = name.startsWith(WHITEOUT);
  const target = !isWhiteout ? path : name === OPAQUE ? path.slice(0, slash) || "/" : `${path.slice(0, slash)}/${name.slice(WHITEOUT.length)}`;
  const walk2 = find3(target);
  if (walk2.end === "missing") return true;
  const directory = directoryAt(walk2);
  return directory !== void 0 ? !isOf(directory) : walk2.end === "slot" && !isOf(walk2.slot);
}
function leadsThroughOwn(root, path, digest) {
  let at = root;
  for (let from = 1; from < path.length; ) {
    const slash = path.indexOf("/", from);
    if (slash < 0) return false;
    const slot = at.children.get(path.slice(from, slash));
    if (!isDirectory(slot)) return slot !== void 0 && isSymlink(slot) && slot.layer === digest;
    at = slot;
    from = slash + 1;
  }
  return false;
}
function lastOf(hidings) {
  return new Map(hidings.map(({ path, after }) => [path, after]));
}
function findEarly(layer, { whiteouts, opaques }, bounds) {
  if (whiteouts.size === 0 && opaques.size === 0) return void 0;
  const lengths = new Set([...whiteouts.keys(), ...opaques.keys()].map((path) => path === "/" ? 0 : path.length));
  const known = /* @__PURE__ */ new Set();
  let early;
  let index = 0;
  function isHidden(directory, path, at) {
    if (at < (whiteouts.get(path) ?? 0)) return true;
    let isKnown = true;
    for (let end = directory.length; end >= 0; end = end === 0 ? -1 : directory.lastIndexOf("/", end - 1)) {
      const above = lengths.has(end) || isKnown ? slice(directory, end) : "";
      if (lengths.has(end)) {
        if (at < (whiteouts.get(above) ?? 0)) return true;
        if (!isKnown && at < (opaques.get(above || "/") ?? 0)) return true;
      }
      isKnown &&= known.has(above);
    }
    return false;
  }
  function slice(text, end) {
    for (let cost = 0; cost <= end; cost += 256) bounds.onStep();
    return text.slice(0, end);
  }
  layer.entries.forEach((directory, name, value) => {
    const at = index++;
    if (early !== void 0) return;
    const path = `${directory}/${name}`;
    if (isDirectoryValue(value)) known.add(path);
    else if (isShown(value, layer) && isHidden(directory, path, at)) early = path;
  });
  return early;
}
function isDirectoryValue(value) {
  return typeof value === "object" && "type" in value && value.type === "directory";
}
function isShown(value, { files }) {
  if (typeof value === "number") return files.isShown(value);
  return "hardlink" in value || value.type === "symlink";
}

// src/image/file-space.ts
function createFileSpace(tables) {
  const starts = [];
  let total = 0;
  for (const table2 of tables) {
    starts.push(total);
    total += table2.length;
  }
  function layerOf(number3) {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = low + high + 1 >> 1;
      if (starts[middle] <= number3) low = middle;
      else high = middle - 1;
    }
    return low;
  }
  function find3(number3) {
    const layer = layerOf(number3);
    return { files: tables[layer], file: number3 - starts[layer] };
  }
  return {
    numberOf: (layer, file) => starts[layer] + file,
    find: find3,
    node(number3) {
      const { files, file } = find3(number3);
      return files.node(file);
    },
    hasContent(number3) {
      const { files, file } = find3(number3);
      return files.hasContent(file);
    },
    peek(number3) {
      const { files, file } = find3(number3);
      return files.peek(file);
    }
  };
}

// src/image/overlay-marks.ts
var MARK = /^(trusted|user)\.overlay\.(opaque|redirect|metacopy|whiteout)$/;
function listOverlayMarks(path, xattrs) {
  const marks = [];
  for (const attribute in xattrs) if (MARK.test(attribute)) marks.push({ path, attribute });
  return marks;
}
function hidesOnly({ attribute }) {
  return attribute.endsWith(".opaque");
}
function describeMarks(digest, marks) {
  const [first] = marks;
  if (first === void 0) return [];
  const others = marks.length > 1 ? `, as ${marks.length - 1} more have such ones` : "";
  return [
    {
      fact: `which files of layer ${digest} are run`,
      reason: `${quote(first.path)} has the attribute ${first.attribute}${others}: where layers are unpacked onto overlayfs, as by Docker, containerd and podman, other files are shown than those of the tar`
    }
  ];
}

// src/image/merge.ts
function mergeLayers(layers, { limits, budget } = standardBounds()) {
  const root = createDirectory({ type: "directory", mode: 493, layer: layers[0]?.digest ?? "" });
  const aliases = [];
  const notes = [];
  const doubts = [];
  const bounds = createMergeBounds(limits, budget);
  const files = createFileSpace(layers.map((layer) => layer.files));
  const idle = /* @__PURE__ */ new Map();
  for (const [index, layer] of layers.entries()) {
    bounds.add(layer.entries.length + layer.whiteouts.length + layer.opaques.length);
    const lower = findHardlinkTargets(root, layer, bounds);
    const links = watchLowerLinks(root, { digest: layer.digest, files, idle, bounds });
    const order2 = watchApplyOrder(root, layer, files, bounds);
    applyWhiteouts(root, layer, links, bounds);
    doubts.push(...describeMarks(layer.digest, findActiveMarks(root, layer, bounds)));
    placeEntries(root, layer, { index, files, lower, links, order: order2, aliases, notes, bounds });
    order2.finish();
    doubts.push(...links.doubts(), ...order2.doubts());
  }
  doubts.push(...judgeIdleLinks(root, idle, files, bounds));
  return { tree: createTree(root, files), aliases, doubts, notes };
}
function findActiveMarks(root, layer, bounds) {
  return layer.overlay.filter((mark) => {
    if (!hidesOnly(mark)) return true;
    const below = findDirectory(walkPath(root, mark.path, true, bounds));
    return below !== void 0 && below.children.size > 0;
  });
}
function standardBounds() {
  return { limits: defaultLimits, budget: createBudget(defaultLimits) };
}
function createMergeBounds(limits, budget) {
  let stepsLeft = limits.pathSteps;
  return {
    hops: limits.linkHops,
    onStep() {
      if (--stepsLeft < 0) throw exceeded("path-steps", limits);
    },
    add(entries) {
      spend(budget, "treeEntries", entries, limits);
    },
    tooManyHops: (layer, path) => exceeded("link-hops", limits, `layer ${layer.digest}: on the way to ${quote(path)}`)
  };
}
function findHardlinkTargets(root, layer, bounds) {
  const targets = /* @__PURE__ */ new Map();
  if (layer.whiteouts.length === 0 && layer.opaques.length === 0) return targets;
  layer.entries.forEach((_directory, _name, value) => {
    if (typeof value !== "object" || !("hardlink" in value)) return;
    const leaf = findLeaf(root, value.hardlink, bounds);
    if (leaf !== void 0) targets.set(value, leaf);
  });
  return targets;
}
function findLeaf(root, path, bounds) {
  const walk2 = walkPath(root, path, false, bounds);
  return walk2.end === "slot" && !isDirectory(walk2.slot) ? walk2.slot : void 0;
}
function applyWhiteouts(root, layer, links, bounds) {
  const isReplacedLink = createLinkCheck(root, layer, bounds);
  function find3(path, followLast) {
    const walk2 = walkPath(root, path, followLast, bounds);
    if (walk2.end === "loop") throw bounds.tooManyHops(layer, path);
    return walk2;
  }
  for (const { path } of layer.opaques) {
    links.pass(path, () => false);
    if (isReplacedLink(path)) continue;
    const walk2 = find3(path, true);
    if (walk2.end === "directory") walk2.directory.children.clear();
    else if (walk2.end === "slot" && isDirectory(walk2.slot)) walk2.slot.children.clear();
  }
  for (const { path } of layer.whiteouts) {
    const above = path.slice(0, path.lastIndexOf("/"));
    const isBehindLink = links.pass(above, () => false);
    if (isReplacedLink(above)) continue;
    const walk2 = find3(path, false);
    if (walk2.end !== "slot") continue;
    if (isBehindLink) links.note(path, walk2.slot);
    walk2.parent.children.delete(walk2.name);
  }
}
function createLinkCheck(root, layer, bounds) {
  let own2;
  return (path) => {
    let at = root;
    for (let from = 1; from < path.length; ) {
      const slash = path.indexOf("/", from);
      const end = slash < 0 ? path.length : slash;
      bounds.onStep();
      const slot = at.children.get(path.slice(from, end));
      if (slot === void 0) return false;
      if (isDirectory(slot)) at = slot;
      else if (!isSymlink(slot)) return false;
      else {
        const prefix = path.slice(0, end);
        own2 ??= listPaths(layer);
        if (own2.has(prefix)) return true;
        const target = findDirectory(walkPath(root, prefix, true, bounds));
        if (target === void 0) return false;
        at = target;
      }
      from = end + 1;
    }
    return false;
  };
}
function findDirectory(walk2) {
  const found = walk2.end === "directory" ? walk2.directory : walk2.end === "slot" ? walk2.slot : void 0;
  return isDirectory(found) ? found : void 0;
}
function listPaths(layer) {
  const paths = /* @__PURE__ */ new Set();
  layer.entries.forEach((directory, name) => {
    paths.add(`${directory}/${name}`);
  });
  return paths;
}
function placeEntries(root, layer, placing) {
  const { index, files, lower, links, order: order2, aliases, notes, bounds } = placing;
  const own2 = /* @__PURE__ */ new Set();
  const parents = createParentFinder(root, layer, (path) => links.pass(path, (link2) => own2.has(link2)), bounds);
  const aufs = /* @__PURE__ */ new Map();
  const repeated = [];
  function bind(path, link2) {
    const there = findLeaf(root, link2.hardlink, bounds);
    const hidden = there === void 0 ? lower.get(link2) : void 0;
    if (hidden !== void 0) order2.linked(path, hidden);
    const leaf = there ?? hidden ?? aufs.get(link2.hardlink);
    if (leaf === void 0)
      throw inLayer(layer, `the hard link ${quote(path)} leads to ${quote(link2.hardlink)}, which is no file`);
    if (typeof leaf === "number") {
      aliases.push({ ...files.find(leaf), path });
      order2.changed(path, leaf, link2);
    }
    return leaf;
  }
  function place2(directory, name, value) {
    const parent = parents.find(directory);
    const { children } = parent;
    if (parents.isBehindLink() && !isDirectoryNode(value)) links.note(`${directory}/${name}`, value);
    const existing = children.get(name);
    if (isDirectoryNode(value)) {
      if (isDirectory(existing)) {
        existing.node = value;
        return false;
      }
      order2.back(parent, name, `${directory}/${name}`);
      children.set(name, createDirectory(value));
    } else {
      if (isDirectory(existing)) order2.replaced(parent, name, existing);
      children.set(name, value);
    }
    if (typeof value === "object" && value.type === "symlink") own2.add(value);
    if (existing === void 0) return false;
    if (isDirectory(existing) || isSymlink(existing)) parents.forget();
    if (isDirectory(existing) || existing === value) return false;
    return (typeof existing === "number" ? files.find(existing).files : existing).layer === layer.digest;
  }
  layer.entries.forEach((directory, name, entry) => {
    const value = typeof entry === "number" ? files.numberOf(index, entry) : "hardlink" in entry ? bind(`${directory}/${name}`, entry) : entry;
    if (directory === AUFS_LINKS || directory.startsWith(`${AUFS_LINKS}/`)) {
      if (!isDirectoryNode(value)) aufs.set(`${directory}/${name}`, value);
    } else if (name === "") {
      if (!isDirectoryNode(value)) throw inLayer(layer, "its root is not a directory");
      root.node = value;
    } else if (place2(directory, name, value)) repeated.push(`${directory}/${name}`);
  });
  if (repeated.length > 0) notes.push(describeRepeated(layer, repeated));
}
function isDirectoryNode(value) {
  return typeof value === "object" && value.type === "directory";
}
function createParentFinder(root, layer, isBehindLink, bounds) {
  let last;
  const making = {
    ...bounds,
    create() {
      bounds.add(1);
      return createDirectory({ type: "directory", mode: 493, layer: layer.digest });
    }
  };
  return {
    find(path) {
      if (last?.path === path) return last.directory;
      const direct = walkDirectories(root, path);
      if (direct !== void 0) {
        last = { path, directory: direct, isBehindLink: false };
        return direct;
      }
      const isBehind = isBehindLink(path);
      const walk2 = walkPath(root, path, true, making);
      if (walk2.end === "loop") throw bounds.tooManyHops(layer, path);
      const found = findDirectory(walk2);
      if (found === void 0) throw inLayer(layer, `it holds files below ${quote(path)}, which is not a directory`);
      last = { path, directory: found, isBehindLink: isBehind };
      return found;
    },
    forget() {
      last = void 0;
    },
    isBehindLink: () => last?.isBehindLink === true
  };
}
function walkDirectories(root, path) {
  let at = root;
  for (let from = 1; from < path.length; ) {
    const slash = path.indexOf("/", from);
    const end = slash < 0 ? path.length : slash;
    const slot = at.children.get(path.slice(from, end));
    if (!isDirectory(slot)) return void 0;
    at = slot;
    from = end + 1;
  }
  return at;
}
function describeRepeated(layer, paths) {
  const others = paths.length > 1 ? ` and ${paths.length - 1} other paths` : "";
  return `layer ${layer.digest} holds ${quote(paths[0] ?? "")}${others} more than once; the last one counts`;
}
function inLayer(layer, problem) {
  return new UserError(`layer ${layer.digest}: ${problem}`);
}

// src/image/names.ts
function displayName(image) {
  return image.names[0] ?? image.digest;
}
function pickImages(images, name) {
  if (images.length === 0) throw new UserError("it lists no image");
  checkNames(images);
  if (name === void 0) return images;
  const exact = images.filter((image) => image.digest === name || image.names.includes(name));
  const loose = images.filter((image) => image.names.some((other) => fullName(other) === fullName(name)));
  const found = exact.length > 0 ? exact : loose;
  if (found.length === 1) return found;
  const names2 = images.map((image) => quote(displayName(image))).join(", ");
  const problem = found.length === 0 ? `no image is named ${quote(name)}` : `several images are named ${quote(name)}`;
  throw new UserError(`${problem}; it holds ${names2}`);
}
function checkNames(images) {
  const seen = /* @__PURE__ */ new Set();
  for (const image of images) {
    const name = displayName(image);
    if (seen.has(name)) throw new UserError(`two different images in it are named ${quote(name)}`);
    seen.add(name);
  }
}
function fullName(name) {
  const withTag2 = /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
  const host = withTag2.includes("/") ? withTag2.slice(0, withTag2.indexOf("/")) : "";
  if (/[.:]/.test(host) || host === "localhost") return withTag2;
  return `docker.io/${host === "" ? "library/" : ""}${withTag2}`;
}

// src/image/open-source.ts
import { constants as constants2, createReadStream, existsSync as existsSync2, openSync as openSync4 } from "node:fs";
import { open as open2, stat as stat2 } from "node:fs/promises";
import { Socket } from "node:net";

// src/image/archive-members.ts
import { posix } from "node:path";

// src/image/layer.ts
import { createHash as createHash3 } from "node:crypto";

// src/image/compression/decompress.ts
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress, zstdDecompressSync } from "node:zlib";

// src/image/compression/zstd-frames.ts
var MAX_WINDOW = 2 ** 27;
var FRAME_MAGIC = 4247762216;
function createFrameScanner() {
  const field2 = Buffer.alloc(16);
  let fieldFill = 0;
  let fieldNeeds = 4;
  let stage = "magic";
  let bytesLeft = 0;
  let lastBlock = false;
  let checksum = 0;
  let done = false;
  let skippable = false;
  function expect(next, bytes) {
    stage = next;
    fieldFill = 0;
    fieldNeeds = bytes;
  }
  function expectData(bytes, last) {
    stage = "data";
    bytesLeft = bytes;
    lastBlock = last;
    if (bytes === 0) endData();
  }
  function endData() {
    done = lastBlock;
    if (lastBlock) expect("magic", 4);
    else expect("block", 3);
  }
  function onMagic() {
    const magic = field2.readUInt32LE(0);
    skippable = magic >>> 4 === 25481893;
    if (!skippable && magic !== FRAME_MAGIC) throw damaged("no frame where one should begin");
    if (skippable) expect("skippable", 4);
    else expect("descriptor", 1);
  }
  function onBlock() {
    const header = field2.readUIntLE(0, 3);
    const type = header >> 1 & 3;
    if (type === 3) throw damaged("a block of a reserved type");
    const last = (header & 1) !== 0;
    expectData((type === 1 ? 1 : header >> 3) + (last ? checksum : 0), last);
  }
  function onField() {
    switch (stage) {
      case "magic":
        onMagic();
        break;
      case "skippable":
        expectData(field2.readUInt32LE(0), true);
        break;
      case "descriptor":
        stage = "header";
        fieldNeeds = headerBytes(field2[0] ?? 0);
        break;
      case "header":
        checkWindow(field2);
        checksum = ((field2[0] ?? 0) & 4) !== 0 ? 4 : 0;
        expect("block", 3);
        break;
      default:
        onBlock();
    }
  }
  function takeData(available) {
    const take = Math.min(bytesLeft, available);
    bytesLeft -= take;
    if (bytesLeft === 0) endData();
    return take;
  }
  function takeField3(chunk, at) {
    const take = Math.min(fieldNeeds - fieldFill, chunk.length - at);
    chunk.copy(field2, fieldFill, at, at + take);
    fieldFill += take;
    if (fieldFill === fieldNeeds) onField();
    return take;
  }
  return {
    scan(chunk, from) {
      if (done) skippable = false;
      done = false;
      let at = from;
      while (at < chunk.length && !done) at += stage === "data" ? takeData(chunk.length - at) : takeField3(chunk, at);
      return at - from;
    },
    get done() {
      return done;
    },
    get skippable() {
      return skippable;
    }
  };
}
function headerBytes(descriptor) {
  const single = (descriptor & 32) !== 0;
  const window = single ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return 1 + window + dictionary + contentSize;
}
function checkWindow(header) {
  const single = ((header[0] ?? 0) & 32) !== 0;
  if (single) return;
  const descriptor = header[1] ?? 0;
  const base = 2 ** (10 + (descriptor >> 3));
  const window = base + base / 8 * (descriptor & 7);
  if (window > MAX_WINDOW)
    throw new UserError(
      `unpacking its zstd data takes ${Math.ceil(window / 2 ** 20)} MiB of memory, the limit is ${MAX_WINDOW / 2 ** 20}: compress it without --long`
    );
}
function damaged(how) {
  return new UserError(`its compressed data is damaged (zstd: ${how})`);
}

// src/image/compression/split-frames.ts
function splitFrames(source, smallFrame) {
  const iterator = source[Symbol.asyncIterator]();
  const scanner = createFrameScanner();
  let chunk = Buffer.alloc(0);
  let at = 0;
  async function hasMore() {
    while (at >= chunk.length) {
      const next = await iterator.next();
      if (next.done) return false;
      chunk = next.value;
      at = 0;
    }
    return true;
  }
  async function take() {
    if (!await hasMore()) throw new UserError("it is truncated: the zstd data ends inside a frame");
    const from = at;
    at += scanner.scan(chunk, from);
    return chunk.subarray(from, at);
  }
  async function* rest(first) {
    yield first;
    while (!scanner.done) yield await take();
  }
  async function readFrame() {
    let head = await take();
    while (!scanner.done && (scanner.skippable || head.length < smallFrame)) {
      const kept = scanner.skippable ? Buffer.alloc(0) : Buffer.from(head);
      const more = await take();
      head = kept.length === 0 ? more : Buffer.concat([kept, more]);
    }
    if (!scanner.done) return { chunks: rest(head) };
    return scanner.skippable ? void 0 : { whole: head };
  }
  return {
    async next() {
      while (await hasMore()) {
        const frame = await readFrame();
        if (frame !== void 0) return frame;
      }
      return void 0;
    },
    async close() {
      await iterator.return?.();
    }
  };
}

// src/image/compression/decompress.ts
var GZIP_CHUNK = 256 * 1024;
var ZSTD_CHUNK = 1024 * 1024;
var SMALL_FRAME = 64 * 1024;
var SMALL_CONTENT = 2 * 2 ** 20;
function sniffCompression(head) {
  if (head[0] === 31 && head[1] === 139) return "gzip";
  if (head.length < 4) return "none";
  const magic = Buffer.from(head.buffer, head.byteOffset, 4).readUInt32LE(0);
  return magic === 4247762216 || magic >>> 4 === 25481893 ? "zstd" : "none";
}
async function decompress(source, sink, options) {
  const { compression, chunks } = await peek(source);
  options.onCompression?.(compression);
  if (compression === "gzip") await runEngine(createGunzip({ chunkSize: GZIP_CHUNK }), chunks, sink, options.signal);
  else if (compression === "zstd") await decompressFrames(chunks, sink, options);
  else await passOn(chunks, sink, options.signal);
}
async function peek(source) {
  const iterator = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const next = await iterator.next();
    if (next.done) break;
    head = head.length === 0 && next.value.length >= 4 ? next.value : Buffer.concat([head, next.value]);
  }
  async function* chunks() {
    try {
      if (head.length > 0) yield head;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { compression: sniffCompression(head), chunks: chunks() };
}
async function passOn(chunks, sink, signal) {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    const pending = sink(chunk);
    if (pending !== void 0) await pending;
  }
}
async function passOnOutput(output, sink, signal) {
  for await (const chunk of output) {
    signal?.throwIfAborted();
    const pending = sink(chunk);
    if (pending !== void 0) await pending;
    else release(chunk);
  }
}
function release(chunk) {
  const { buffer, byteOffset, byteLength } = chunk;
  if (buffer instanceof ArrayBuffer && byteLength > 0 && byteOffset + byteLength === buffer.byteLength)
    buffer.transfer(0);
}
async function runEngine(engine, source, sink, signal) {
  try {
    await pipeline(source, engine, (output) => passOnOutput(output, sink, signal));
  } catch (error) {
    if (errorCode(error) !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
    throw new UserError("its compressed data is damaged (something else follows it)", { cause: error });
  }
}
async function decompressFrames(source, sink, { limits, signal }) {
  const frames = splitFrames(source, SMALL_FRAME);
  let count = 0;
  try {
    for (let frame = await frames.next(); frame !== void 0; frame = await frames.next()) {
      if (++count > limits.frames) throw exceeded("zstd-frames", limits);
      const content = "whole" in frame ? decompressSmall(frame.whole) : void 0;
      if (content !== void 0) await passOn(once(content), sink, signal);
      else await runEngine(createZstdDecompress({ chunkSize: ZSTD_CHUNK }), toChunks(frame), sink, signal);
    }
  } finally {
    await frames.close();
  }
}
function decompressSmall(frame) {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: SMALL_CONTENT });
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") return void 0;
    throw error;
  }
}
function toChunks(frame) {
  return "whole" in frame ? once(frame.whole) : frame.chunks;
}
async function* once(chunk) {
  if (chunk.length > 0) yield chunk;
}

// src/image/entry-list.ts
function createEntryList() {
  const names2 = [];
  const values = [];
  const starts = [];
  const directories = [];
  let directory;
  return {
    get length() {
      return names2.length;
    },
    add(path, value) {
      const slash = path.lastIndexOf("/");
      if (directory?.length !== slash || !path.startsWith(directory)) {
        directory = copyText(path.slice(0, slash));
        starts.push(names2.length);
        directories.push(directory);
      }
      const name = path.slice(slash + 1);
      names2.push(names2.length < COPIED_FROM ? name : copyText(name));
      values.push(value);
    },
    forEach(visit) {
      let run2 = -1;
      let nextRun = 0;
      for (let i = 0; i < names2.length; i++) {
        if (i === nextRun) nextRun = starts[++run2 + 1] ?? names2.length;
        visit(directories[run2], names2[i], values[i]);
      }
    }
  };
}
var COPIED_FROM = 3e4;
var scratch = Buffer.alloc(16 * 1024);
function copyText(text) {
  if (text.length < 13 || text.length * 3 > scratch.length || !text.isWellFormed()) return text;
  return scratch.toString("utf8", 0, scratch.write(text));
}

// src/image/file-table.ts
var SHOWN = 2147483648;
var SHOWN_CLOSELY = 1073741824;
var MARKS = SHOWN | SHOWN_CLOSELY;
var NO_XATTRS = Object.freeze(/* @__PURE__ */ Object.create(null));
function createFileTable() {
  let count = 0;
  let sizes = new Float64Array(256);
  let kinds = new Uint32Array(256);
  const attributes = createAttributeList();
  const xattrs = /* @__PURE__ */ new Map();
  const contents = /* @__PURE__ */ new Map();
  const nodes = /* @__PURE__ */ new Map();
  function grow() {
    const wider = { sizes: new Float64Array(count * 2), kinds: new Uint32Array(count * 2) };
    wider.sizes.set(sizes);
    wider.kinds.set(kinds);
    ({ sizes, kinds } = wider);
  }
  const table2 = {
    layer: "",
    get length() {
      return count;
    },
    add(file) {
      if (count === sizes.length) grow();
      sizes[count] = file.size;
      kinds[count] = attributes.indexOf(file);
      if (Object.keys(file.xattrs).length > 0) xattrs.set(count, file.xattrs);
      return count++;
    },
    markShown(file, closely = false) {
      kinds[file] = kinds[file] | (closely ? MARKS : SHOWN);
    },
    isShown: (file, closely = false) => (kinds[file] & (closely ? SHOWN_CLOSELY : SHOWN)) !== 0,
    setContent(file, content) {
      if (content !== void 0) contents.set(file, content);
      const node = nodes.get(file);
      if (node !== void 0) node.content = content;
    },
    hasContent: (file) => contents.has(file),
    node(file) {
      const node = table2.peek(file);
      nodes.set(file, node);
      return node;
    },
    peek(file) {
      const known = nodes.get(file);
      if (known !== void 0) return known;
      const { mode, uid, gid } = attributes.at(kinds[file] & ~MARKS);
      return {
        type: "file",
        size: sizes[file],
        mode,
        uid,
        gid,
        xattrs: xattrs.get(file) ?? NO_XATTRS,
        layer: table2.layer,
        content: contents.get(file)
      };
    }
  };
  return table2;
}
function createAttributeList() {
  const list = [];
  const indices = /* @__PURE__ */ new Map();
  let last = 0;
  return {
    indexOf({ mode, uid, gid }) {
      const same = list[last];
      if (same !== void 0 && same.mode === mode && same.uid === uid && same.gid === gid) return last;
      const key = `${mode} ${uid} ${gid}`;
      last = indices.get(key) ?? list.push({ mode, uid, gid }) - 1;
      indices.set(key, last);
      return last;
    },
    at: (index) => list[index]
  };
}

// src/image/gather.ts
var GATHERED = 256 * 1024;
var LARGE = 128 * 1024;
async function* gather(source) {
  let buffer = Buffer.alloc(0);
  let other = buffer;
  let filled = 0;
  function take() {
    const piece = buffer.subarray(0, filled);
    [buffer, other] = [other, buffer];
    filled = 0;
    return piece;
  }
  for await (const chunk of source) {
    if (filled + chunk.length > GATHERED && filled > 0) yield take();
    if (chunk.length >= LARGE) {
      if (filled > 0) yield take();
      yield chunk;
      continue;
    }
    if (buffer.length === 0) buffer = Buffer.allocUnsafeSlow(GATHERED);
    filled += chunk.copy(buffer, filled);
  }
  if (filled > 0) yield take();
}

// src/image/tar/header.ts
var import_headers = __toESM(require_headers(), 1);

// src/image/tar/plain-header.ts
var USTAR = 0;
var GNU = 32;
function decodePlainHeader(block) {
  if (block.readUInt32BE(257) !== 1970500705 || block[261] !== 114) return void 0;
  const format = block[262];
  if (format !== USTAR && !(format === GNU && block[263] === 32 && block[264] === 0)) return void 0;
  const mode = readOctal(block, 100, 108);
  const uid = readOctal(block, 108, 116);
  const gid = readOctal(block, 116, 124);
  const size = readOctal(block, 124, 136);
  if (mode < 0 || uid < 0 || gid < 0 || size < 0 || readOctal(block, 148, 156) !== sumBytes(block)) return void 0;
  return {
    name: readName(block),
    linkname: readText(block, 157, 257),
    flag: String.fromCharCode(block[156] ?? 0),
    mode: mode & 4095,
    uid,
    gid,
    size
  };
}
function readName(block) {
  const base = readText(block, 0, 100);
  const magic = block.toString("latin1", 257, 265);
  let prefix = "";
  if (magic.startsWith("ustar\0"))
    prefix = readText(block, 345, block.toString("latin1", 508, 512) === "tar\0" ? 476 : 500);
  else if (magic === "ustar  \0" && !(isTime(block, 345) && isTime(block, 357))) {
    const text = readText(block, 345, 500);
    if (/^[\x01-\x7f]*$/.test(text)) prefix = text;
  }
  return prefix === "" ? base : `${prefix}/${base}`;
}
function isTime(block, from) {
  const first = block[from] ?? 0;
  if (first === 0) return true;
  if ((first & 128) !== 0) return isSmall(block.subarray(from, from + 12));
  const digits = block.toString("latin1", from, from + 12).replace(/^[ \0]+|[ \0]+$/g, "").replace(/\0.*$/s, "");
  return digits === "" || /^[0-7]+$/.test(digits);
}
function isSmall(field2) {
  const inverted = ((field2[0] ?? 0) & 64) !== 0 ? 255 : 0;
  const bytes = [...field2].map((byte, i) => (byte ^ inverted) & (i === 0 ? 127 : 255));
  return bytes.slice(0, 4).every((byte) => byte === 0) && (bytes[4] ?? 0) < 128;
}
function readOctal(block, from, end) {
  let at = from;
  while (at < end && (block[at] === 32 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 48;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  return at === end || block[at] === 32 || block[at] === 0 ? value : -1;
}
function readText(block, from, limit) {
  let end = from;
  while (end < limit && block[end] !== 0) end++;
  return end === from ? "" : block.toString("latin1", from, end);
}
function sumBytes(block) {
  let sum2 = 8 * 32;
  for (let i = 0; i < 148; i++) sum2 += block[i] ?? 0;
  for (let i = 156; i < 512; i++) sum2 += block[i] ?? 0;
  return sum2;
}

// src/image/tar/header.ts
var BLOCK = 512;
function decodeHeader(block, offset) {
  return decodePlainHeader(block) ?? decodeAnyHeader(block, offset);
}
function decodeAnyHeader(block, offset) {
  const header = decodeFields(block, offset);
  if (header === null) {
    if (block.some((byte) => byte !== 0)) throw invalid(offset, "wrong checksum");
    return null;
  }
  return {
    name: readName(block),
    linkname: header.linkname ?? "",
    flag: String.fromCharCode(block[156] ?? 0),
    mode: (header.mode || 0) & 4095,
    uid: header.uid || 0,
    gid: header.gid || 0,
    size: checkSize(block, header.size, offset)
  };
}
function decodeFields(block, offset) {
  try {
    return import_headers.default.decode(block, "latin1", true);
  } catch {
    if (!hasSignedChecksum(block)) throw invalid(offset, "wrong checksum");
    return import_headers.default.decode(withUnsignedChecksum(block), "latin1", true);
  }
}
function checkSize(block, size, offset) {
  const isBinary = ((block[SIZE] ?? 0) & 128) !== 0;
  if (!isBinary && !isOctal(block, SIZE, SIZE + 12)) throw invalid(offset, "its size is not a number");
  if (isBinary && block[SIZE] !== 128 || size === null || !Number.isSafeInteger(size) || size < 0)
    throw invalid(offset, "impossible size");
  return size;
}
var SIZE = 124;
function isOctal(block, from, end) {
  let at = from;
  while (at < end && (block[at] === 32 || block[at] === 0)) at++;
  while (at < end && (block[at] ?? 0) >= 48 && (block[at] ?? 0) <= 55) at++;
  return at === end || block[at] === 32 || block[at] === 0;
}
function sum(block, signed) {
  let total = 0;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) total += 32;
    else total += signed ? block.readInt8(i) : block.readUInt8(i);
  }
  return total;
}
function mayBeHeader(block) {
  const stated = Number.parseInt(block.toString("latin1", 148, 156).replace(/^[ \0]+/, ""), 8);
  return stated === sum(block, false) || stated === sum(block, true);
}
function hasSignedChecksum(block) {
  return Number.parseInt(block.toString("latin1", 148, 156).replace(/^[ \0]+/, ""), 8) === sum(block, true);
}
function withUnsignedChecksum(block) {
  const copy = Buffer.from(block);
  copy.write(`${sum(block, false).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return copy;
}
function invalid(offset, why) {
  if (offset === 0) return new UserError(`it is no tar archive (its first block: ${why})`);
  return new UserError(`invalid tar header at byte ${offset}: ${why}`);
}

// src/image/tar/pax.ts
function decodePax(data, offset) {
  const records2 = /* @__PURE__ */ new Map();
  const map = [];
  let at = 0;
  while (at < data.length) {
    if (data[at] === 0) break;
    const space = data.indexOf(32, at);
    const digits = space < 0 ? "" : data.toString("latin1", at, space);
    const end = at + Number(digits);
    const equals = data.indexOf(61, space);
    if (!/^\d{1,8}$/.test(digits) || end > data.length || equals < 0 || equals >= end || data[end - 1] !== 10)
      throw new UserError(`malformed extended tar header at byte ${offset}`);
    const key = data.toString("latin1", space + 1, equals);
    const value = data.toString("latin1", equals + 1, end - 1);
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") map.push(value);
    else records2.set(key, value);
    at = end;
  }
  if (map.length > 0) records2.set("GNU.sparse.map", map.join(","));
  return records2;
}
function decodeName(latin1) {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  try {
    return strictUtf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}
var strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// src/image/tar/sparse.ts
var ZEROS = Buffer.alloc(64 * 1024);
function toSparseMap(numbers2, realSize) {
  const map = [];
  let end = 0;
  for (let i = 0; i + 1 < numbers2.length; i += 2) {
    const offset = toNumber(numbers2[i]);
    const length = toNumber(numbers2[i + 1]);
    if (offset < end || offset + length > realSize) throw malformed();
    end = offset + length;
    map.push([offset, length]);
  }
  if (numbers2.length % 2 !== 0) throw malformed();
  return map;
}
function oldSparseNumbers(block, at, pairs) {
  const numbers2 = [];
  for (let i = 0; i < pairs * 2; i++) {
    const field2 = block.subarray(at + i * 12, at + i * 12 + 12);
    if (field2[0] === 0) break;
    numbers2.push(oldNumber(field2));
  }
  return numbers2;
}
function oldNumber(field2) {
  if (((field2[0] ?? 0) & 128) !== 0) return BigInt(`0x${field2.toString("hex", 1)}`).toString();
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field2.toString("latin1"))?.[1];
  if (digits === void 0) throw malformed();
  return Number.parseInt(digits, 8).toString();
}
function expandSparse(consumer, map, realSize, limits) {
  let pending = [];
  let pendingBytes = 0;
  let nextLook = 512;
  let segments = map;
  let index = 0;
  let position = 0;
  let wanted = true;
  function writeZeros(until) {
    while (wanted && position < until) {
      const length = Math.min(ZEROS.length, until - position);
      wanted = consumer.write(ZEROS.subarray(0, length));
      position += length;
    }
  }
  function writeStored(chunk) {
    let at = 0;
    while (wanted && at < chunk.length && segments !== null && index < segments.length) {
      const [offset, length] = segments[index] ?? [0, 0];
      writeZeros(offset);
      const take = Math.min(chunk.length - at, offset + length - position);
      if (wanted && take > 0) wanted = consumer.write(chunk.subarray(at, at + take));
      position += take;
      at += take;
      if (position >= offset + length) index++;
    }
  }
  function lookForMap() {
    const all = Buffer.concat(pending);
    const parsed = parseLeadingMap(all, realSize);
    if (parsed === void 0 && all.length > limits.headerBytes)
      throw exceeded("header-size", limits, "map of a sparse file");
    pending = parsed ? [] : [all];
    nextLook = all.length * 2;
    if (!parsed) return;
    segments = parsed.map;
    writeStored(all.subarray(parsed.length));
  }
  return {
    write(chunk) {
      if (segments !== null) {
        writeStored(chunk);
        return wanted;
      }
      pending.push(Buffer.from(chunk));
      pendingBytes += chunk.length;
      if (pendingBytes >= nextLook) lookForMap();
      return wanted;
    },
    end() {
      if (segments === null) lookForMap();
      if (segments === null || wanted && segments.slice(index).some(([, length]) => length > 0)) throw malformed();
      writeZeros(realSize);
      consumer.end();
    }
  };
}
function parseLeadingMap(data, realSize) {
  const lines = [];
  let at = 0;
  let needed = 1;
  while (lines.length < needed) {
    const end = data.indexOf(10, at);
    if (end < 0) return void 0;
    lines.push(data.toString("latin1", at, end));
    at = end + 1;
    if (lines.length === 1) needed = 1 + 2 * toNumber(lines[0]);
  }
  const length = Math.ceil(at / 512) * 512;
  return data.length < length ? void 0 : { map: toSparseMap(lines.slice(1), realSize), length };
}
function toNumber(text) {
  const value = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw malformed();
  return value;
}
function malformed() {
  return new UserError("malformed map of a sparse file");
}

// src/image/tar/members.ts
var NO_RECORDS = /* @__PURE__ */ new Map();
var NO_XATTRS2 = Object.freeze(/* @__PURE__ */ Object.create(null));
function createMemberPlanner(onMember, limits, onGlobal) {
  let extensions = emptyExtensions();
  let headersBytes = 0;
  function plan(header, at, bodyAt) {
    if ("xgLK".includes(header.flag)) return readExtension(header, at);
    if (header.flag === "X")
      throw new UserError(`an extended tar header of Solaris at byte ${at}: no runtime reads it`);
    if (header.flag === "V" && extensions.pending)
      throw new UserError(`an extended tar header before byte ${at} belongs to no file`);
    if (header.flag === "V") return { stored: header.size, consumer: void 0 };
    if (header.flag === "M") throw new UserError(`a file continued from another tar volume at byte ${at}`);
    return openMember(header, void 0, bodyAt);
  }
  function readExtension(header, at) {
    if (header.size > limits.headerBytes) throw exceeded("header-size", limits, `tar header at byte ${at}`);
    headersBytes += header.size;
    if (headersBytes > limits.headersBytes) throw exceeded("headers-size", limits);
    const data = Buffer.alloc(header.size);
    let fill = 0;
    return {
      stored: header.size,
      consumer: {
        write(chunk) {
          fill += chunk.copy(data, fill);
          return true;
        },
        end() {
          if (header.flag === "g") {
            checkGlobal(decodePax(data, at), at);
            onGlobal?.(decodeName(header.name));
            return;
          }
          extensions.pending = true;
          if (header.flag === "L") extensions.longName = cString(data);
          else if (header.flag === "K") extensions.longLink = cString(data);
          else extensions.pax = decodePax(data, at);
        }
      }
    };
  }
  function checkGlobal(records2, at) {
    if (extensions.pending) throw new UserError(`an extended tar header before byte ${at} belongs to no file`);
    for (const [key, value] of records2)
      if (value !== "" && (DECISIVE.has(key) || key.startsWith("GNU.sparse.")))
        throw new UserError(
          `a tar header at byte ${at} states ${quote(key)} for all files: programs differ in obeying it`
        );
  }
  function openMember(header, sparse, bodyAt) {
    const { longName, longLink, pax } = extensions;
    if (extensions.pending) extensions = emptyExtensions();
    const records2 = pax ?? NO_RECORDS;
    const stored = paxNumber(records2, "size") ?? header.size;
    const paxSparse = sparse ?? readPaxSparse(records2);
    const name = paxSparse?.name || longName || records2.get("path") || header.name;
    const type = typeOf(header.flag, name);
    const hasBody = type === "file" || header.flag === "D";
    const linkname = longLink || records2.get("linkpath") || header.linkname;
    if (name.length > limits.pathBytes) throw exceeded("path-length", limits, quote(decodeName(name)));
    if (linkname.length > limits.linkBytes) throw exceeded("link-length", limits, quote(decodeName(name)));
    const member = {
      name: decodeName(name),
      type,
      linkname: decodeName(linkname),
      size: type === "file" ? paxSparse?.realSize ?? stored : 0,
      mode: header.mode,
      uid: paxNumber(records2, "uid") ?? header.uid,
      gid: paxNumber(records2, "gid") ?? header.gid,
      xattrs: readXattrs(records2),
      offset: bodyAt,
      sparse: paxSparse !== void 0
    };
    const taker = type === "file" ? onMember(member) : void onMember(member);
    const expanding = taker !== void 0 && paxSparse !== void 0 ? expandSparse(taker, paxSparse.map, paxSparse.realSize, limits) : taker;
    return { stored: hasBody ? stored : 0, consumer: expanding };
  }
  return {
    plan,
    planSparse: openMember,
    isPending: () => extensions.pending
  };
}
function emptyExtensions() {
  return { pending: false, longName: void 0, longLink: void 0, pax: void 0 };
}
function typeOf(flag, name) {
  switch (flag) {
    case "\0":
      return name.endsWith("/") ? "directory" : "file";
    case "1":
      return "hardlink";
    case "2":
      return "symlink";
    case "3":
    case "4":
      return "device";
    // D: a directory with the list of its names as body (GNU incremental archives)
    case "5":
    case "D":
      return "directory";
    case "6":
      return "fifo";
    default:
      return "file";
  }
}
function readPaxSparse(records2) {
  if (records2.size === 0) return void 0;
  const realSize = paxNumber(records2, "GNU.sparse.size") ?? paxNumber(records2, "GNU.sparse.realsize");
  const map = records2.get("GNU.sparse.map") ?? "";
  const version2 = `${records2.get("GNU.sparse.major") ?? ""}.${records2.get("GNU.sparse.minor") ?? ""}`;
  if (realSize === void 0 && map === "" && version2 === ".") return void 0;
  if (realSize === void 0) throw new UserError("a sparse file without its size");
  const name = records2.get("GNU.sparse.name");
  if (version2 === "1.0") return { map: null, realSize, name };
  const isOld = version2 === "0.0" || version2 === "0.1" || version2 === "." && map !== "";
  if (!isOld) throw new UserError("a sparse file of an unknown format");
  return { map: toSparseMap(map === "" ? [] : map.split(","), realSize), realSize, name };
}
function paxNumber(records2, key) {
  const text = records2.get(key);
  if (text === void 0 || text === "") return void 0;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new UserError(`malformed extended tar header: ${key} is ${quote(text)}`);
  return value;
}
var XATTR_PREFIX = "SCHILY.xattr.";
var DECISIVE = /* @__PURE__ */ new Set(["path", "linkpath", "size"]);
function readXattrs(records2) {
  if (records2.size === 0) return NO_XATTRS2;
  let xattrs;
  for (const [key, value] of records2) {
    if (!key.startsWith(XATTR_PREFIX)) continue;
    xattrs ??= /* @__PURE__ */ Object.create(null);
    xattrs[key.slice(XATTR_PREFIX.length)] = value;
  }
  return xattrs ?? NO_XATTRS2;
}
function cString(data) {
  const end = data.indexOf(0);
  return data.toString("latin1", 0, end < 0 ? data.length : end);
}

// src/image/tar/reader.ts
function createTarReader(onMember, limits, onGlobal) {
  const members2 = createMemberPlanner(onMember, limits, onGlobal);
  const block = Buffer.alloc(BLOCK);
  let blockFill = 0;
  let position = 0;
  let bodyLeft = 0;
  let paddedLeft = 0;
  let consumer;
  let zeroBlocks = 0;
  let sparseHeader;
  function startBody({ stored, consumer: taker }) {
    bodyLeft = stored;
    paddedLeft = Math.ceil(stored / BLOCK) * BLOCK;
    consumer = taker;
    if (bodyLeft === 0) finishBody();
  }
  function finishBody() {
    const finished2 = consumer;
    consumer = void 0;
    finished2?.end();
  }
  function onBlock() {
    if (sparseHeader !== void 0) {
      continueSparse(sparseHeader);
      return;
    }
    const at = position - BLOCK;
    const header = decodeHeader(block, at);
    if (header === null) zeroBlocks++;
    else if (zeroBlocks > 0) throw new UserError(`a tar header at byte ${at} follows a block of zeros`);
    else if (header.flag === "S") startSparse(header);
    else startBody(members2.plan(header, at, position));
  }
  function startSparse(header) {
    const numbers2 = oldSparseNumbers(block, 386, 4);
    const realSize = Number(oldNumber(block.subarray(483, 495)));
    sparseHeader = { header, numbers: numbers2, realSize };
    if (block[482] === 0) finishSparse(sparseHeader);
  }
  function continueSparse(sparse) {
    sparse.numbers.push(...oldSparseNumbers(block, 0, 21));
    if (sparse.numbers.length * 12 > limits.headerBytes)
      throw exceeded("header-size", limits, `sparse file before byte ${position}`);
    if (block[504] === 0) finishSparse(sparse);
  }
  function finishSparse({ header, numbers: numbers2, realSize }) {
    sparseHeader = void 0;
    if (!Number.isSafeInteger(realSize))
      throw new UserError(`impossible size of a sparse file before byte ${position}`);
    const file = { map: toSparseMap(numbers2, realSize), realSize, name: void 0 };
    startBody(members2.planSparse(header, file, position));
  }
  function takeBody(chunk, from) {
    const take = Math.min(chunk.length - from, paddedLeft);
    const data = Math.min(take, bodyLeft);
    if (data > 0) {
      bodyLeft -= data;
      if (consumer !== void 0 && !consumer.write(chunk.subarray(from, from + data))) finishBody();
      if (bodyLeft === 0) finishBody();
    }
    paddedLeft -= take;
    position += take;
    return from + take;
  }
  function takeBlock(chunk, from) {
    const take = Math.min(chunk.length - from, BLOCK - blockFill);
    chunk.copy(block, blockFill, from, from + take);
    blockFill += take;
    position += take;
    if (blockFill === BLOCK) {
      blockFill = 0;
      onBlock();
    }
    return from + take;
  }
  return {
    push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (zeroBlocks >= 2) {
          position += chunk.length - at;
          return;
        }
        at = paddedLeft > 0 ? takeBody(chunk, at) : takeBlock(chunk, at);
      }
    },
    skippable: () => consumer === void 0 ? paddedLeft : 0,
    skip(bytes) {
      bodyLeft = Math.max(0, bodyLeft - bytes);
      paddedLeft -= bytes;
      position += bytes;
    },
    end() {
      if (bodyLeft > 0) throw new UserError(`it is truncated: the tar ends inside a file, at byte ${position}`);
      if (blockFill > 0 && position < BLOCK)
        throw new UserError("it is truncated, or no tar archive: it ends inside its first header");
      if (blockFill > 0) throw new UserError(`it is truncated: the tar ends inside a header, at byte ${position}`);
      if (members2.isPending() || sparseHeader !== void 0)
        throw new UserError(`it is truncated: the tar ends before the file of an extended header, at byte ${position}`);
    }
  };
}

// src/image/weigh.ts
var OVERHEAD = 32;
function weigh(content, { cutsText }, written) {
  let total = cutsText === true ? written : 0;
  const pending = [content];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string") total += OVERHEAD + (cutsText === true ? 0 : value.length);
    else if (typeof value !== "object" || value === null) total += 8;
    else {
      total += OVERHEAD;
      if (ArrayBuffer.isView(value)) total += value.byteLength;
      else if (value instanceof Map) for (const entry of value) pending.push(...entry);
      else if (value instanceof Set || Array.isArray(value)) for (const item of value) pending.push(item);
      else for (const item of Object.values(value)) pending.push(item);
    }
  }
  return total;
}
function weighXattrs(xattrs) {
  let total = 0;
  for (const key in xattrs) total += OVERHEAD + key.length + (xattrs[key]?.length ?? 0);
  return total;
}

// src/image/layer.ts
async function scanLayer(source, options) {
  const { limits, digestAlgorithm = "sha256", diffIdAlgorithm = "sha256" } = options;
  const stored = createHash3(digestAlgorithm);
  const unpacked = createHash3(diffIdAlgorithm);
  const takeBytes = createByteCounter(options);
  const changes = createChangeCollector(options, takeBytes);
  const reader2 = createTarReader(changes.onMember, limits, changes.onGlobal);
  let compression = "none";
  async function* hashed() {
    for await (const chunk of gather(source)) {
      stored.update(chunk);
      options.progress?.bytes(chunk.length);
      yield chunk;
    }
  }
  await decompress(
    hashed(),
    (chunk) => {
      takeBytes(chunk.length);
      if (compression !== "none" || digestAlgorithm !== diffIdAlgorithm) unpacked.update(chunk);
      reader2.push(chunk);
    },
    {
      limits,
      signal: options.signal,
      onCompression: (found) => {
        compression = found;
      }
    }
  );
  reader2.end();
  const digest = `${digestAlgorithm}:${stored.digest("hex")}`;
  const isSame2 = compression === "none" && digestAlgorithm === diffIdAlgorithm;
  const diffId = isSame2 ? digest : `${diffIdAlgorithm}:${unpacked.digest("hex")}`;
  return { ...changes.finish(digest), diffId, compression };
}
var AUFS_FILE = /^\/\.wh\.\.wh\.plnk\/\d+\.\d+$/;
function createChangeCollector({ probe, limits, budget }, takeBytes) {
  const entries = createEntryList();
  const files = createFileTable();
  const nodes = createNodeMaker();
  const changes = { digest: "", entries, files, whiteouts: [], opaques: [], globals: [], overlay: [] };
  let met = 0;
  function onMember(member) {
    if (++met > limits.layerEntries) throw exceeded("layer-entries", limits);
    spend(budget, "entries", 1, limits);
    const path = normalisePath(member.name);
    spend(budget, "nameBytes", path.length + member.linkname.length + weighXattrs(member.xattrs), limits);
    changes.overlay.push(...listOverlayMarks(path, member.xattrs));
    const slash = path.lastIndexOf("/");
    const isHidden = path.startsWith(".", slash + 1) || path.startsWith(`/${AUFS}`);
    return isHidden ? onHidden(path, slash, member) : onEntry(path, member);
  }
  function onHidden(path, slash, member) {
    if (path.startsWith(`/${AUFS}`) && path !== `/${OPAQUE}`) return onAufs(path, member);
    const name = path.slice(slash + 1);
    if (!name.startsWith(WHITEOUT)) return onEntry(path, member);
    const directory = path.slice(0, slash);
    const after = entries.length;
    if (name === OPAQUE) changes.opaques.push({ path: directory === "" ? "/" : directory, after });
    else if (!name.startsWith(AUFS))
      changes.whiteouts.push({ path: `${directory}/${whiteoutTarget(name, path)}`, after });
    return void 0;
  }
  function onAufs(path, member) {
    if (AUFS_FILE.test(path)) return onEntry(path, member);
    if (member.type !== "directory" && path.includes("/", 1))
      throw new UserError(`it holds ${quote(path)}, which some runtimes leave out and others do not`);
    return void 0;
  }
  function onEntry(path, member) {
    if (member.type === "file") return onFile(path, member);
    if (member.type === "hardlink")
      entries.add(path, {
        hardlink: linkTarget(path, member.linkname),
        mode: member.mode,
        capability: member.xattrs["security.capability"] ?? ""
      });
    else entries.add(path, nodes.make(member));
    if (member.type === "symlink" && member.linkname.includes(AUFS))
      throw new UserError(
        `the link ${quote(path)} leads to ${quote(member.linkname)}, which some runtimes leave out and others do not`
      );
    return void 0;
  }
  function onFile(path, member) {
    const file = files.add(member);
    entries.add(path, file);
    const { size, mode, xattrs } = member;
    const sink = probe({ path, size, mode, xattrs });
    if (sink === void 0) return void 0;
    files.markShown(file, sink.byName === true || sink.byPlace === true);
    let written = 0;
    return {
      write(chunk) {
        if (member.sparse) takeBytes(chunk.length);
        written += chunk.length;
        return sink.write(chunk);
      },
      end() {
        const content = sink.end();
        if (content !== void 0) spend(budget, "keptBytes", weigh(content, sink, written), limits);
        files.setContent(file, content);
      }
    };
  }
  function finish2(digest) {
    changes.digest = digest;
    files.layer = digest;
    nodes.setLayer(digest);
    return changes;
  }
  function onGlobal(name) {
    if (++met > limits.layerEntries) throw exceeded("layer-entries", limits);
    spend(budget, "nameBytes", name.length, limits);
    changes.globals.push(normalisePath(name));
  }
  return { onMember, onGlobal, finish: finish2 };
}
function createNodeMaker() {
  const directories = /* @__PURE__ */ new Map();
  const others = [];
  const layer = "";
  function makeDirectory(mode) {
    const node = directories.get(mode) ?? { type: "directory", mode, layer };
    directories.set(mode, node);
    return node;
  }
  function makeOther(type, target) {
    const node = type === "symlink" ? { type: "symlink", target, layer } : { type: "other", layer };
    others.push(node);
    return node;
  }
  return {
    make({ type, mode, linkname }) {
      return type === "directory" ? makeDirectory(mode) : makeOther(type, linkname);
    },
    setLayer(digest) {
      for (const node of directories.values()) node.layer = digest;
      for (const node of others) node.layer = digest;
    }
  };
}
function linkTarget(path, linkname) {
  if (linkname.split("/").includes(".."))
    throw new UserError(
      `the hard link ${quote(path)} leads to ${quote(linkname)}: runtimes differ in what ".." is in such a place`
    );
  return normalisePath(linkname);
}
function whiteoutTarget(name, path) {
  const target = name.slice(WHITEOUT.length);
  if (target === "" || target === "." || target === "..")
    throw new UserError(`the whiteout ${quote(path)} names no file`);
  return target;
}
function normalisePath(name) {
  const from = name.startsWith("./") ? 2 : 0;
  const isPlain = name.length > from && !name.startsWith("/", from) && !name.startsWith(".", from);
  if (isPlain && !name.includes("//") && !name.includes("/.", from))
    return `/${name.slice(from, name.endsWith("/") ? -1 : void 0)}`;
  const parts = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === void 0) throw new UserError(`the path ${quote(name)} leads out of the image`);
  }
  return `/${parts.join("/")}`;
}
function createByteCounter({ limits, budget }) {
  let left = limits.layerBytes;
  return (bytes) => {
    left -= bytes;
    if (left < 0) throw exceeded("layer-size", limits);
    spend(budget, "uncompressedBytes", bytes, limits);
  };
}

// src/image/archive-members.ts
function createMemberIndex(limits) {
  const members2 = /* @__PURE__ */ new Map();
  const repeated = /* @__PURE__ */ new Set();
  let added = 0;
  function linkTarget2(member, name) {
    if (member.type === "hardlink") return memberName(member.linkname);
    if (member.type === "symlink") return posix.normalize(posix.join(posix.dirname(name), member.linkname));
    return void 0;
  }
  function isBelowLink(name) {
    for (let slash = name.indexOf("/"); slash > 0; slash = name.indexOf("/", slash + 1)) {
      const parent = members2.get(name.slice(0, slash));
      if (parent !== void 0 && "link" in parent) return true;
    }
    return false;
  }
  return {
    add(member, value) {
      if (++added > limits.members) throw exceeded("archive-files", limits);
      const name = memberName(member.name);
      if (members2.has(name)) repeated.add(name);
      const link2 = linkTarget2(member, name);
      if (link2 !== void 0 && link2 !== name) members2.set(name, { link: link2 });
      else if (member.type === "file") members2.set(name, { value });
    },
    find(name) {
      let at = name;
      for (let hops = 0; hops <= limits.linkHops; hops++) {
        const found = members2.get(at);
        if (found === void 0) return void 0;
        if (isBelowLink(at))
          throw new UserError(`${quote(at)} lies below a link, and programs differ in what that is: pack it again`);
        if (repeated.has(at) && !BLOB.test(at))
          throw new UserError(
            `it holds ${quote(at)} more than once, and programs differ in which of them they take: pack it again`
          );
        if ("value" in found) return { name: at, value: found.value };
        at = found.link;
      }
      throw exceeded("link-hops", limits, `link ${quote(name)}`);
    }
  };
}
var BLOB = /^blobs\/sha(256|512)\/[0-9a-f]+$/;
function memberName(name) {
  return normalisePath(name).slice(1);
}

// src/image/file-range.ts
var CHUNK = 1024 * 1024;
async function* readRange(handle, offset, size) {
  const length = Math.min(CHUNK, size);
  const buffers = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(size > CHUNK ? length : 0)];
  let done = 0;
  for (let turn = 0; done < size; turn++) {
    const buffer = buffers[turn % 2];
    const filled = await readFully(handle, buffer, Math.min(buffer.length, size - done), offset + done);
    if (filled === 0) return;
    done += filled;
    yield buffer.subarray(0, filled);
  }
}
async function readFully(handle, buffer, length, position) {
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}

// src/image/toc/problem.ts
var TocProblem = class extends Error {
};
var UselessToc = class extends TocProblem {
};

// src/image/toc/compare.ts
var MAX_ENTRIES = 5e5;
var MIN_PIECE = 4096;
function compareTable(tar, table2, contents, piece) {
  if (tar.entries.length > MAX_ENTRIES || contents.isFull())
    throw new TocProblem("the layer has too many files to compare them");
  const ofTar = listEntries(tar);
  const own2 = ofTar.get("/stargz.index.json");
  const ofTable = listEntries(table2.changes);
  if (table2.format === "eStargz" && own2?.startsWith("a file") && !ofTable.has("/stargz.index.json"))
    ofTar.delete("/stargz.index.json");
  const how = compareEntries(ofTar, ofTable) ?? void 0;
  return how === void 0 ? compareContents(table2, contents, piece) : { kind: "differs", how };
}
function listEntries({ entries, files, whiteouts, opaques, overlay }) {
  const list = /* @__PURE__ */ new Map();
  entries.forEach((directory, name, value) => {
    list.set(comparable(`${directory}/${name}`), describe3(value, files));
  });
  list.delete("/");
  for (const { path } of whiteouts) list.set(`${comparable(path)}\0`, "hidden");
  for (const { path } of opaques) list.set(`${comparable(path)}\0\0`, "emptied");
  for (const { path, attribute } of overlay) list.set(`${comparable(path)}\0${attribute}`, `marked ${attribute}`);
  return list;
}
function comparable(path) {
  return path.replace(/[^\x00-\x7f]+/g, "\uFFFD");
}
function describe3(value, files) {
  if (typeof value === "number") {
    const { size, mode, xattrs } = files.peek(value);
    const [, capability] = Object.entries(xattrs).find(([key]) => key.endsWith("security.capability")) ?? [];
    const capabilities = capability === void 0 ? "" : ` and capabilities ${Buffer.from(capability, "latin1").toString("hex")}`;
    return `a file of ${size} bytes with mode ${mode.toString(8)}${capabilities}`;
  }
  if ("hardlink" in value) return `another name of ${quote(comparable(value.hardlink))}`;
  if (value.type === "symlink") return `a link to ${quote(comparable(value.target))}`;
  return value.type === "directory" ? "a directory" : "neither file nor directory";
}
function compareEntries(tar, table2) {
  for (const path of /* @__PURE__ */ new Set([...tar.keys(), ...table2.keys()])) {
    const [ofTar, ofTable] = [tar.get(path), table2.get(path)];
    if (ofTar !== ofTable)
      return `${quote(path.replace(/\0.*$/s, ""))} is ${ofTable ?? "absent"} in the table and ${ofTar ?? "absent"} in the tar`;
  }
  return void 0;
}
function compareContents(table2, contents, piece) {
  const byPath = new Map(table2.files.map((file) => [normalisePath(file.member.name), file]));
  for (const [path, file] of byPath) {
    const digests = contents.find(path);
    if (digests === void 0 || file.chunks.length === 0) continue;
    const verdict = compareFile(file, digests, piece, table2.format);
    if (verdict === void 0) continue;
    const { kind, ...rest } = verdict;
    return { kind, ...rest, how: `${quote(path)} ${verdict.how}` };
  }
  return { kind: "same" };
}
function compareFile({ digest, chunks }, { whole, pieces }, piece, format) {
  const [first] = chunks;
  if (first === void 0) return void 0;
  const isOne = chunks.length === 1;
  const stated = [...digest === "" ? [] : [digest], ...isOne ? [first.digest] : []];
  if (stated.some((one) => one !== whole)) return { kind: "differs", how: "has another content in the table" };
  if (isOne || format === "zstd:chunked" && digest !== "") return void 0;
  if (format === "zstd:chunked") return { kind: "unclear", how: "has no digest in the table" };
  if (chunks.slice(0, -1).every(({ size }) => size === piece))
    return chunks.some((chunk, i) => chunk.digest !== pieces[i]) ? { kind: "differs", how: "has another content in the table" } : void 0;
  const isRegular = first.size >= MIN_PIECE && chunks.slice(0, -1).every(({ size }) => size === first.size);
  return { kind: "unclear", how: "is cut at unusual places in the table", ...isRegular ? { piece: first.size } : {} };
}

// src/image/toc/contents.ts
import { createHash as createHash4 } from "node:crypto";
var PIECE = 4 * 2 ** 20;
var MAX_DIGESTS = 25e4;
function hashContents(probe, piece) {
  const found = /* @__PURE__ */ new Map();
  let count = 0;
  return {
    find: (path) => found.get(path),
    isFull: () => count > MAX_DIGESTS,
    probe(file) {
      const sink = probe(file);
      found.delete(file.path);
      if (sink === void 0 || file.size === 0) return sink;
      const pieces = piece === void 0 || file.size <= piece ? 0 : Math.ceil(file.size / piece);
      count += 1 + pieces;
      if (count > MAX_DIGESTS) return sink;
      return hashing(sink, pieces === 0 ? void 0 : piece, (digests) => found.set(file.path, digests));
    }
  };
}
function hashing(sink, piece, settle2) {
  const whole = createHash4("sha256");
  const pieces = createPieceHasher(piece);
  let wanted = true;
  return {
    // Its marks.
    ...sink,
    write(chunk) {
      whole.update(chunk);
      pieces.update(chunk);
      if (wanted) wanted = sink.write(chunk);
      return true;
    },
    end() {
      settle2({ whole: `sha256:${whole.digest("hex")}`, pieces: pieces.finish() });
      return sink.end();
    }
  };
}
function createPieceHasher(piece) {
  const done = [];
  let hash = createHash4("sha256");
  let filled = 0;
  function close2() {
    done.push(`sha256:${hash.digest("hex")}`);
    hash = createHash4("sha256");
    filled = 0;
  }
  return {
    update(chunk) {
      if (piece === void 0) return;
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + piece - filled);
        hash.update(part);
        filled += part.length;
        at += part.length;
        if (filled === piece) close2();
      }
    },
    finish() {
      if (filled > 0) close2();
      return done;
    }
  };
}

// src/image/toc/locate.ts
import { gunzipSync, zstdDecompressSync as zstdDecompressSync2 } from "node:zlib";
var MAX_STORED = 16 * 2 ** 20;
var MAX_JSON = 40 * 2 ** 20;
var FOOTER_BYTES = 51;
var SKIPPABLE_HEADER = 8;
async function fetchToc(pointer, size, read, limits) {
  return pointer.format === "eStargz" ? fetchGzip(pointer, size, read, limits) : fetchZstd(pointer, size, read);
}
async function fetchGzip({ digest }, size, read, limits) {
  if (size <= FOOTER_BYTES) throw new UselessToc("it has no footer");
  const dataEnd = parseFooter(await read(size - FOOTER_BYTES, FOOTER_BYTES));
  const length = size - FOOTER_BYTES - dataEnd;
  if (length <= 0) throw new UselessToc("its footer leads nowhere");
  const stored = await readBounded2(read, dataEnd, length);
  const tar = unpack(() => gunzipSync(stored, { maxOutputLength: MAX_JSON }));
  const json = extractIndex(tar, limits);
  requireSame(digest, json);
  return { json, dataEnd };
}
function parseFooter(footer) {
  if (footer.includes("STARGZEXTERNALTOC")) throw new TocProblem("its table of contents is in another image");
  const isMember = footer.readUInt32BE(0) === 529205252 && footer.readUInt16LE(10) === 26;
  const isField = footer.toString("latin1", 12, 14) === "SG" && footer.readUInt16LE(14) === 22;
  const [, hex] = /^([0-9a-f]{16})STARGZ$/.exec(footer.toString("latin1", 16, 38)) ?? [];
  const offset = Number.parseInt(hex ?? "", 16);
  if (!isMember || !isField || !Number.isSafeInteger(offset)) throw new UselessToc("it has no footer of eStargz");
  return offset;
}
function extractIndex(tar, limits) {
  const pieces = [];
  const reader2 = createTarReader((member) => {
    if (member.name !== "stargz.index.json") return void 0;
    return {
      write: (chunk) => pieces.push(Buffer.from(chunk)) > 0,
      end() {
      }
    };
  }, limits);
  reader2.push(tar);
  reader2.end();
  return Buffer.concat(pieces);
}
async function fetchZstd({ digest, offset, length, jsonLength }, size, read) {
  if (offset < SKIPPABLE_HEADER || offset + length > size)
    throw new UselessToc("its table of contents lies outside of it");
  if (jsonLength > MAX_JSON) throw new TocProblem("its table of contents is too large");
  const stored = await readBounded2(read, offset, length);
  requireSame(digest, stored);
  const json = unpack(() => zstdDecompressSync2(stored, { maxOutputLength: MAX_JSON }));
  if (json.length !== jsonLength)
    throw new TocProblem("its table of contents has another length than the manifest says");
  return { json, dataEnd: offset - SKIPPABLE_HEADER };
}
async function readBounded2(read, from, length) {
  if (length > MAX_STORED) throw new TocProblem("its table of contents is too large");
  return read(from, length);
}
function unpack(work) {
  try {
    return work();
  } catch (error) {
    throw new TocProblem("its table of contents cannot be unpacked", { cause: error });
  }
}
function requireSame(digest, data) {
  if (digestOf(data, requireDigest(digest).algorithm) !== digest)
    throw new UselessToc("its table of contents has another digest than the manifest says");
}

// src/image/go-json.ts
var MAX_DEPTH = 1e4;
var MAX_VALUES = 2e5;
function findExcess(text, most = MAX_VALUES) {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at) - 1;
    else if (character === "]" || character === "}") depth--;
    else if (character === "," || character === "[" || character === "{") {
      if (++values > most) return `holds more than ${most} values`;
      if (character !== "," && ++depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
    }
  }
  return void 0;
}
function findDoubleMeaning(text) {
  const open4 = [];
  let last = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const end = endOfString(text, at);
      last = text.slice(at, end);
      at = end - 1;
    } else if (character === "{" || character === "[") {
      if (open4.push(character === "{" ? /* @__PURE__ */ new Set() : null) > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} deep`;
    } else if (character === "}" || character === "]") open4.pop();
    else if (character === ":") {
      const key = last.includes("\\") ? JSON.parse(last) : last.slice(1, -1);
      const keys = open4.at(-1);
      if (keys?.has(key)) return `has the key ${quote(key)} twice in one object`;
      keys?.add(key);
    }
  }
  return void 0;
}
function endOfString(text, start) {
  for (let at = start + 1; ; at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === '"' || character === void 0) return at + 1;
  }
}
function nameFields(value, schema) {
  if (typeof value !== "object" || value === null) return value;
  const { def } = schema._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
      return nameFields(value, def.innerType);
    case "array":
      return Array.isArray(value) ? value.map((item) => nameFields(item, def.element)) : value;
    case "object":
      return Array.isArray(value) ? value : nameOwn(value, def.shape);
    default:
      return value;
  }
}
function nameOwn(value, shape) {
  const names2 = new Map(Object.keys(shape).map((name) => [fold(name), name]));
  const found = {};
  for (const [key, item] of Object.entries(value)) {
    const name = names2.get(fold(key));
    if (name === void 0) continue;
    if (Object.hasOwn(found, name)) throw new UserError(`has two keys that Go reads as ${quote(name)}`);
    found[name] = nameFields(item, shape[name]);
  }
  return found;
}
function fold(key) {
  return key.replace(/\u017f/g, "s").replace(/\u212a/g, "k").replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

// src/image/toc/table.ts
var KEYS = /* @__PURE__ */ new Set([
  ...["version", "entries", "name", "type", "linkName", "mode", "size", "uid", "gid", "xattrs", "offset", "endOffset"],
  ...["innerOffset", "chunkOffset", "chunkSize", "chunkDigest", "chunkType", "digest"]
]);
var FOLDED = new Set([...KEYS].map(fold));
var MAX_PARTS = 25e5;
var TYPES = {
  dir: "directory",
  reg: "file",
  symlink: "symlink",
  hardlink: "hardlink",
  char: "device",
  block: "device",
  fifo: "fifo"
};
var NO_XATTRS3 = Object.freeze(/* @__PURE__ */ Object.create(null));
function parseToc(json, dataEnd, { anyName = false } = {}) {
  const entries = parseEntries(json).map(toRawEntry);
  if (!anyName) for (const entry of entries) requireUtf8(entry);
  const ends = findEnds(entries, dataEnd);
  const files = [];
  for (let i = 0; i < entries.length; ) {
    const first = entries[i];
    const parts = [first];
    for (i++; entries[i]?.type === "chunk"; i++) parts.push(entries[i]);
    files.push({ member: toMember(first), digest: first.digest, chunks: toChunks2(first, parts, ends, dataEnd) });
  }
  return files;
}
function parseEntries(json) {
  const text = json.toString("utf8");
  const excess = findExcess(text, MAX_PARTS);
  if (excess !== void 0) throw new TocProblem(`its table of contents ${excess}`);
  let document;
  try {
    document = JSON.parse(text);
  } catch {
    throw new TocProblem("its table of contents is not valid JSON");
  }
  const doubled = findDoubleMeaning(text);
  if (doubled !== void 0) throw new TocProblem(`its table of contents ${doubled}`);
  const { version: version2, entries } = requireOwnKeys(toObject(document));
  if (version2 !== 1 || !Array.isArray(entries)) throw new TocProblem("its table of contents is of an unknown version");
  return entries;
}
function toObject(value) {
  if (typeof value !== "object" || value === null) throw new TocProblem("its table of contents is malformed");
  return value;
}
function requireOwnKeys(fields) {
  for (const key in fields)
    if (!KEYS.has(key) && FOLDED.has(fold(key)))
      throw new TocProblem(`its table of contents has the key ${quote(key)}, which Go reads as another`);
  return fields;
}
function toRawEntry(value) {
  const entry = requireOwnKeys(toObject(value));
  const text = (key) => {
    const found = entry[key] ?? "";
    if (typeof found !== "string") throw new TocProblem(`its table of contents has a ${key} that is no text`);
    return found;
  };
  const count = (key) => {
    const found = entry[key] ?? 0;
    if (typeof found !== "number" || !Number.isSafeInteger(found) || found < 0)
      throw new TocProblem(`its table of contents has a ${key} that is no number`);
    return found;
  };
  return {
    name: requireText(text("name")),
    type: text("type"),
    linkName: requireText(text("linkName")),
    mode: count("mode"),
    size: count("size"),
    uid: count("uid"),
    gid: count("gid"),
    xattrs: toXattrs(entry.xattrs),
    offset: count("offset"),
    endOffset: count("endOffset"),
    innerOffset: count("innerOffset"),
    chunkOffset: count("chunkOffset"),
    chunkSize: count("chunkSize"),
    chunkDigest: text("chunkDigest"),
    chunkType: text("chunkType"),
    digest: text("digest")
  };
}
function requireUtf8({ name, linkName, xattrs }) {
  if ([name, linkName, ...Object.keys(xattrs)].some((text) => text.includes("\uFFFD"))) throw notUtf8();
}
function requireText(text) {
  if (text.includes("\0") || !text.isWellFormed()) throw notUtf8();
  return text;
}
function notUtf8() {
  return new TocProblem("it has names that are not UTF-8");
}
function toXattrs(value) {
  if (value === void 0 || value === null) return NO_XATTRS3;
  const xattrs = /* @__PURE__ */ Object.create(null);
  for (const [key, data] of Object.entries(toObject(value))) {
    if (typeof data !== "string")
      throw new TocProblem("its table of contents has an extended attribute that is no text");
    xattrs[requireText(key)] = Buffer.from(data, "base64").toString("latin1");
  }
  return xattrs;
}
function findEnds(entries, dataEnd) {
  const offsets = [...new Set(entries.filter(hasData).map((entry) => entry.offset))].sort((a, b) => a - b);
  return new Map(offsets.map((offset, i) => [offset, offsets[i + 1] ?? dataEnd]));
}
function hasData({ type, size }) {
  return type === "chunk" || type === "reg" && size > 0;
}
function toMember({ name, type, linkName, mode, size, uid, gid, xattrs }) {
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : void 0;
  if (known === void 0) throw new TocProblem("its table of contents has an entry of an unknown type");
  const isFile = known === "file";
  const form = { name, type: known, linkname: linkName, size: isFile ? size : 0 };
  return { ...form, mode: mode & 4095, uid, gid, xattrs, offset: 0, sparse: false };
}
function toChunks2(file, parts, ends, dataEnd) {
  if (file.type !== "reg" || file.size === 0) {
    if (parts.length > 1) throw new TocProblem("its table of contents has chunks that belong to no file");
    return [];
  }
  let position = 0;
  const chunks = parts.map((part, i) => {
    const isLast2 = i === parts.length - 1;
    const size = part.chunkSize === 0 && isLast2 ? file.size - position : part.chunkSize;
    const chunk = {
      offset: part.offset,
      end: isLast2 && file.endOffset > part.offset ? file.endOffset : ends.get(part.offset) ?? 0,
      inner: part.innerOffset,
      size,
      digest: part.chunkDigest || (parts.length === 1 ? file.digest : ""),
      zeros: part.chunkType === "zeros"
    };
    const isPlaced = chunk.offset > 0 && chunk.end > chunk.offset && chunk.end <= dataEnd;
    if (!isPlaced || part.chunkOffset !== position || size <= 0)
      throw new TocProblem("its table of contents has a file whose chunks do not fit together");
    if (chunk.digest === "") throw new TocProblem("its table of contents has a chunk without a digest");
    position += size;
    return chunk;
  });
  if (position !== file.size) throw new TocProblem("its table of contents has a file whose chunks do not fit together");
  return chunks;
}

// src/image/toc/tail.ts
function createTail(pointer) {
  return pointer.format === "eStargz" ? keepEnd(MAX_STORED) : keepRange(pointer.offset, pointer.length);
}
function keepEnd(capacity) {
  const ring = Buffer.allocUnsafeSlow(capacity);
  let size = 0;
  function take(chunk) {
    let rest = chunk.subarray(Math.max(0, chunk.length - capacity));
    size += chunk.length - rest.length;
    while (rest.length > 0) {
      const taken = rest.copy(ring, size % capacity);
      size += taken;
      rest = rest.subarray(taken);
    }
  }
  return {
    follow: (source) => passing(source, take),
    size: () => size,
    read(from, length) {
      if (from < size - capacity || from < 0 || from + length > size)
        throw new TocProblem("its table of contents is too large");
      const at = from % capacity;
      const first = ring.subarray(at, Math.min(capacity, at + length));
      return Buffer.concat([first, ring.subarray(0, length - first.length)]);
    }
  };
}
function keepRange(offset, length) {
  const kept = [];
  let size = 0;
  function take(chunk) {
    const from = Math.max(0, offset - size);
    const to = Math.min(chunk.length, offset + length - size);
    if (from < to && length <= MAX_STORED) kept.push(Buffer.from(chunk.subarray(from, to)));
    size += chunk.length;
  }
  return {
    follow: (source) => passing(source, take),
    size: () => size,
    read: () => Buffer.concat(kept)
  };
}
async function* passing(source, take) {
  for await (const chunk of source) {
    take(chunk);
    yield chunk;
  }
}

// src/image/toc/whole.ts
async function scanWhole(source, options) {
  const { toc = [], piece = PIECE } = options;
  if (toc.length === 0) return scanLayer(source, options);
  const tails = toc.map((pointer) => ({ pointer, tail: createTail(pointer) }));
  const followed = tails.reduce((pieces, { tail }) => tail.follow(pieces), source);
  const cutsFiles = toc.some(({ format }) => format === "eStargz");
  const contents = hashContents(options.probe, cutsFiles ? piece : void 0);
  const scan = await scanLayer(followed, { ...options, probe: contents.probe });
  const known = /* @__PURE__ */ new Set();
  const verdicts2 = [];
  for (const { pointer, tail } of tails) verdicts2.push(await judge(pointer, tail, { scan, options, contents, known }));
  return {
    ...scan,
    table: RANKS.flatMap((kind) => verdicts2.find((one) => one.kind === kind) ?? [])[0]
  };
}
var RANKS = ["differs", "unclear", "useless", "same"];
async function judge(pointer, tail, { scan, options, contents, known }) {
  const { limits, piece = PIECE } = options;
  if (pointer.format === "eStargz" && scan.compression === "zstd")
    return known.has(pointer.digest) ? { kind: "same" } : { kind: "unclear", how: "the manifest names a table of eStargz in a layer of zstd" };
  try {
    const read = async (from, length) => tail.read(from, length);
    const { json, dataEnd } = await fetchToc(pointer, tail.size(), read, limits);
    known.add(digestOf(json));
    const files = parseToc(json, dataEnd, { anyName: true });
    const table2 = { files, changes: listChanges(files, options), format: pointer.format };
    return compareTable(scan, table2, contents, piece);
  } catch (error) {
    if (error instanceof UselessToc) return { kind: "useless", how: error.message };
    if (error instanceof TocProblem || error instanceof UserError) return { kind: "unclear", how: error.message };
    throw error;
  }
}
function listChanges(files, { limits }) {
  const options = { probe: () => void 0, limits, budget: createBudget(limits) };
  const changes = createChangeCollector(options, createByteCounter(options));
  for (const { member } of files) {
    if (Math.max(member.name.length, member.linkname.length) > limits.pathBytes)
      throw new TocProblem(`its table of contents has too long a path (${quote(member.name.slice(0, 50))})`);
    changes.onMember(member);
  }
  return changes.finish("");
}

// src/image/archive-file.ts
var HEADERS_AT_ONCE = 32 * 1024;
async function openArchiveFile(handle, options) {
  const { size } = await handle.stat();
  const { limits, budget } = options;
  const members2 = await indexMembers(handle, size, options);
  function find3(name) {
    const extent = members2.find(name)?.value;
    if (extent?.sparse) throw new UserError(`${quote(name)} is stored as a sparse file: pack it without --sparse`);
    return extent;
  }
  return {
    has: async (name) => find3(name) !== void 0,
    async readDocument(name) {
      const extent = find3(name);
      if (extent === void 0) return void 0;
      if (extent.size > limits.jsonBytes) throw exceeded("document-size", limits, quote(name));
      spend(budget, "documentBytes", extent.size, limits);
      const data = Buffer.alloc(extent.size);
      await readFully(handle, data, extent.size, extent.offset);
      return data;
    },
    async digestOf(name, algorithm, signal) {
      const extent = find3(name);
      if (extent === void 0) return void 0;
      return digestOfStream(readRange(handle, extent.offset, extent.size), algorithm, signal);
    },
    async scan(name, options2) {
      const extent = find3(name);
      if (extent === void 0) throw new UserError(`${quote(name)} is missing`);
      return scanWhole(readRange(handle, extent.offset, extent.size), options2);
    },
    close: () => handle.close()
  };
}
async function indexMembers(handle, size, { limits, signal }) {
  const members2 = createMemberIndex(limits);
  const reader2 = createTarReader((member) => {
    members2.add(member, { offset: member.offset, size: member.size, sparse: member.sparse });
    return void 0;
  }, limits);
  const buffer = Buffer.alloc(HEADERS_AT_ONCE);
  let position = 0;
  while (position < size) {
    signal?.throwIfAborted();
    const length = await readFully(handle, buffer, buffer.length, position);
    if (length === 0) break;
    reader2.push(buffer.subarray(0, length));
    position += length;
    const skip = Math.min(reader2.skippable(), size - position);
    reader2.skip(skip);
    position += skip;
  }
  reader2.end();
  return members2;
}

// src/image/documents.ts
var maybeStrings = optional(nullable(array(string2())));
var maybeString = optional(nullable(string2()));
var platformSchema = object({ os: maybeString, architecture: maybeString, variant: maybeString });
var descriptorSchema = object({
  mediaType: maybeString,
  digest: string2(),
  size: optional(nullable(number2())),
  platform: optional(nullable(platformSchema)),
  annotations: optional(nullable(record(string2(), string2())))
});
var indexSchema = object({
  mediaType: maybeString,
  manifests: optional(nullable(array(descriptorSchema)))
});
var kindSchema = object({
  mediaType: optional(unknown()),
  artifactType: optional(unknown()),
  manifests: optional(unknown()),
  config: optional(unknown()),
  layers: optional(unknown()),
  fsLayers: optional(unknown())
});
var manifestSchema = object({
  mediaType: maybeString,
  schemaVersion: optional(number2()),
  artifactType: maybeString,
  config: descriptorSchema,
  layers: nullable(array(descriptorSchema))
});
var commandSchema2 = optional(nullable(union([string2(), array(string2())])));
var configSchema = object({
  os: maybeString,
  architecture: maybeString,
  variant: maybeString,
  config: optional(
    nullable(object({ Env: maybeStrings, Entrypoint: commandSchema2, Cmd: commandSchema2, User: maybeString }))
  ),
  rootfs: object({ diff_ids: optional(nullable(array(string2()))) })
});
var dockerManifestSchema = array(
  object({
    Config: string2(),
    RepoTags: maybeStrings,
    Layers: nullable(array(string2()))
  })
);
function parseDocument(data, schema, what) {
  const text = Buffer.from(data).toString("utf8");
  const excess = findExcess(text);
  if (excess !== void 0) throw new UserError(`${what} ${excess}`);
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${what} is not valid JSON`);
  }
  const doubled = findDoubleMeaning(text);
  if (doubled !== void 0) throw new UserError(`${what} ${doubled}`);
  const fields = withGoNames(value, schema, what);
  const wrong = firstMismatch(fields, schema);
  if (wrong === void 0) return schema.parse(fields);
  const at = wrong.path.length === 0 ? "" : ` at ${quote(wrong.path.join("."))}`;
  throw new UserError(`${what} does not have the expected form${at}: ${wrong.problem}`);
}
function withGoNames(value, schema, what) {
  try {
    return nameFields(value, schema);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${what} ${error.message}`) : error;
  }
}
async function readBlob(store, digest, what) {
  const { algorithm } = requireDigest(digest);
  const data = await store.readDocument(blobName(digest));
  if (data === void 0) throw new AbsentPart(`blob ${digest} is missing (${what})`);
  const actual = digestOf(data, algorithm);
  if (actual !== digest) throw new UserError(`blob ${digest} (${what}) has another digest: ${actual}`);
  return data;
}
function blobName(digest) {
  const { algorithm, hex } = requireDigest(digest);
  return `blobs/${algorithm}/${hex}`;
}
function toImageConfig(document) {
  const config2 = document.config;
  const toList = (command) => typeof command === "string" ? [command] : command ?? [];
  return {
    env: readVariables(config2?.Env ?? []),
    entrypoint: toList(config2?.Entrypoint),
    cmd: toList(config2?.Cmd),
    user: config2?.User ?? ""
  };
}
function readVariables(env) {
  const bare = env.find((entry) => !entry.includes("=") && env.some((other) => other.startsWith(`${entry}=`)));
  if (bare !== void 0)
    throw new UserError(`the image config sets the variable ${quote(bare)} and takes it away: runtimes differ in that`);
  return env;
}

// src/image/platform.ts
var ARCHITECTURES = {
  i386: { architecture: "386", variant: "" },
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" }
};
var VARIANTS = {
  amd64: { v1: "" },
  arm64: { "8": "", v8: "", "v8.0": "", "9": "v9", "9.0": "v9", "v9.0": "v9" },
  arm: { "": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8" }
};
function normalisePlatform({ os, architecture, variant }) {
  const system = os?.toLowerCase();
  const written = architecture?.toLowerCase() ?? "";
  const known = find(ARCHITECTURES, written) ?? { architecture: written };
  const writtenVariant = known.variant ?? variant?.toLowerCase() ?? "";
  return {
    os: system === "macos" ? "darwin" : system,
    architecture: known.architecture,
    variant: find(find(VARIANTS, known.architecture) ?? {}, writtenVariant) ?? writtenVariant
  };
}
function find(table2, key) {
  return Object.hasOwn(table2, key) ? table2[key] : void 0;
}
function formatPlatform(stated) {
  const { os, architecture, variant } = normalisePlatform(stated);
  const base = `${os || "unknown"}/${architecture || "unknown"}`;
  return variant ? `${base}/${variant}` : base;
}
function parsePlatform(text) {
  const match2 = /^([a-z0-9]+)\/([a-z0-9_-]+)(?:\/([a-z0-9.]+))?$/i.exec(text.trim());
  if (match2 === null)
    throw new UserError(`${quote(text)} is not a platform: expected os/architecture, e.g. linux/arm64`);
  const [, os = "", architecture = "", variant] = match2;
  const platform = formatPlatform({ os, architecture, variant });
  return variant === void 0 && architecture.toLowerCase() === "arm" ? platform.replace(/\/v7$/, "") : platform;
}
function matchesPlatform(platform, asked) {
  return platform === asked || platform.startsWith(`${asked}/`);
}

// src/image/docker-manifest.ts
async function readDockerImages(store, { limits, budget }) {
  const data = await store.readDocument("manifest.json");
  if (data === void 0) return void 0;
  const images = /* @__PURE__ */ new Map();
  for (const item of parseDocument(data, dockerManifestSchema, "manifest.json")) {
    spend(budget, "manifests", 1, limits);
    const image = await readItem(store, item, limits);
    const same = images.get(image.digest);
    if (same !== void 0) same.names.push(...image.names);
    else images.set(image.digest, image);
  }
  return [...images.values()];
}
async function readItem(store, item, limits) {
  const configName = memberName(item.Config);
  const data = await store.readDocument(configName);
  if (data === void 0)
    throw new AbsentPart(`the image config ${quote(item.Config)} that manifest.json names is missing`);
  const configDigest = digestOf(data);
  checkConfigName(configName, configDigest);
  const config2 = parseDocument(data, configSchema, `image config ${configDigest}`);
  const layers = item.Layers ?? [];
  const diffIds = config2.rootfs.diff_ids ?? [];
  if (layers.length !== diffIds.length)
    throw new UserError(`manifest.json lists ${layers.length} layers of ${configDigest}, its config ${diffIds.length}`);
  if (layers.length > limits.layers) throw exceeded("layers", limits, configDigest);
  const platform = {
    platform: formatPlatform({
      os: config2.os ?? void 0,
      architecture: config2.architecture ?? void 0,
      variant: config2.variant ?? void 0
    }),
    configDigest,
    config: toImageConfig(config2),
    layers: [],
    notes: []
  };
  for (const [i, name] of layers.entries()) platform.layers.push(await toSourceLayer(store, name, diffIds[i] ?? ""));
  return { names: item.RepoTags ?? [], digest: configDigest, platforms: [platform], notes: [] };
}
async function toSourceLayer(store, name, diffId) {
  const blob = memberName(name);
  const inLayout = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(blob);
  const digest = inLayout ? `${inLayout[1]}:${inLayout[2]}` : void 0;
  if (!await store.has(blob)) throw new AbsentPart(`layer ${digest ?? quote(name)} (${diffId}) is missing`);
  return { blob, digest: digest && parseDigest(digest) ? digest : void 0, diffId, mediaType: "" };
}
function checkConfigName(name, digest) {
  const hex = /^(?:.*[/:])?([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1];
  if (hex !== void 0 && digest !== `sha256:${hex}`)
    throw new UserError(`the image config ${quote(name)} has another digest: ${digest}`);
}

// src/image/artifact.ts
var KINDS = [
  [/^application\/vnd\.cncf\.helm\./, "a Helm chart"],
  [/^application\/(vnd\.)?wasm\b|^application\/vnd\.(module|bytecodealliance)\.[\w.]*wasm\b/, "a WebAssembly module"],
  [/^application\/vnd\.docker\.compose\./, "a Docker Compose project"],
  [/^application\/vnd\.docker\.plugin\./, "a plugin of Docker"],
  [/^application\/vnd\.(docker\.ai|cncf\.model|ollama)\./, "an AI model"],
  [/^application\/vnd\.sylabs\.sif\./, "a Singularity image"],
  [/^application\/vnd\.cncf\.flux\./, "an artifact of Flux"],
  [/^application\/vnd\.(dev\.cosign\.|dev\.sigstore\.|cncf\.notary\.)/, "a signature"],
  [/^application\/vnd\.(in-toto|dsse\.)/, "an attestation"],
  [/spdx|cyclonedx|\bsyft\b/, "a bill of materials"]
];
var IMAGE_CONFIGS = /^(|application\/vnd\.(oci\.image|docker\.container\.image)\..*(json)?)$/;
var DEFAULT_TYPES = /* @__PURE__ */ new Set(["application/octet-stream", "application/json", "text/html"]);
var LAYERS = /^application\/vnd\.(oci\.image\.layer\.|docker\.image\.rootfs\.|erofs\.layer\.)/;
var OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
function describeArtifact({ artifactType, config: config2, layers }) {
  const layerTypes = (layers ?? []).map(({ mediaType }) => mediaType ?? "");
  const hasNoLayer = layerTypes.length > 0 && !layerTypes.some((type) => type === "" || LAYERS.test(type));
  if (isImageConfig(config2) && !hasNoLayer) return void 0;
  return nameArtifact([artifactType ?? "", isImageConfig(config2) ? "" : config2.mediaType ?? "", ...layerTypes]);
}
function nameArtifact(types) {
  const known = KINDS.find(([pattern]) => types.some((type2) => pattern.test(type2)));
  const type = types.find((one) => known === void 0 ? one !== "" : known[0].test(one)) ?? "";
  return `${known?.[1] ?? "an artifact"} (${quote(type)})`;
}
function isImageConfig({ mediaType }) {
  return IMAGE_CONFIGS.test(mediaType ?? "") || DEFAULT_TYPES.has(mediaType ?? "");
}
function isAttestationByLayers({ layers }) {
  const types = (layers ?? []).map(({ mediaType }) => mediaType ?? "");
  return types.length > 0 && types.every((type) => /^application\/vnd\.in-toto/.test(type));
}
async function isProvenArtifact(store, descriptor, manifest, limits) {
  const layers = manifest.layers ?? [];
  if (layers.length === 0) return true;
  const isOci = manifest.mediaType === OCI_MANIFEST && (descriptor.mediaType ?? OCI_MANIFEST) === OCI_MANIFEST;
  try {
    const mayUnpack = layers.some(({ mediaType }) => LAYERS.test(mediaType ?? ""));
    if (mayUnpack && await countDiffIds(store, manifest.config.digest) > 0) return false;
    return isOci && !isImageConfig(manifest.config) || await hasNoArchive(store, layers, limits);
  } catch (error) {
    if (error instanceof UserError && !isLimit(error)) return false;
    throw error;
  }
}
var rootfsSchema = object({
  rootfs: optional(nullable(object({ diff_ids: optional(nullable(array(unknown()))) })))
});
async function countDiffIds(store, digest) {
  const data = await readBlob(store, digest, "image config");
  try {
    JSON.parse(data.toString("utf8"));
  } catch {
    return 0;
  }
  return parseDocument(data, rootfsSchema, `image config ${digest}`).rootfs?.diff_ids?.length ?? 0;
}
var MOST_LAYERS = 4;
async function hasNoArchive(store, layers, { jsonBytes }) {
  const small = layers.filter(({ size }) => typeof size === "number" && size <= jsonBytes);
  const first = small.sort((a, b) => (a.size ?? 0) - (b.size ?? 0)).slice(0, MOST_LAYERS);
  for (const { digest } of first) if (isNoArchive(await readBlob(store, digest, "layer"))) return true;
  return false;
}
var PACKED = /^(\x1f\x8b|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18|\xfd7zXZ|BZh)/;
function isNoArchive(data) {
  if (data.length === 0 || PACKED.test(data.toString("latin1", 0, 8))) return false;
  const block = data.subarray(0, BLOCK);
  return block.length < BLOCK || !(mayBeHeader(block) || block.every((byte) => byte === 0));
}

// src/image/source-image.ts
function isBroken(platform) {
  return "problem" in platform;
}

// src/image/toc/pointer.ts
var ESTARGZ_DIGEST = "containerd.io/snapshot/stargz/toc.digest";
var CHUNKED_PREFIXES = ["io.github.containers.zstd-chunked.", "io.containers.zstd-chunked."];
var CRFS = "1";
function findTocPointers(annotations) {
  const pointers = CHUNKED_PREFIXES.flatMap(
    (prefix) => parsePosition(annotations[`${prefix}manifest-checksum`], annotations[`${prefix}manifest-position`]) ?? []
  );
  const digest = annotations[ESTARGZ_DIGEST];
  if (digest !== void 0 && parseDigest(digest) !== void 0) pointers.push({ format: "eStargz", digest });
  return pointers;
}
function parsePosition(digest, position) {
  const [offset, length, jsonLength, type, more] = (position ?? "").split(":");
  const numbers2 = [offset, length, jsonLength].map((text) => /^\d{1,15}$/.test(text ?? "") ? Number(text) : -1);
  const [from = -1, bytes = -1, json = -1] = numbers2;
  if (digest === void 0 || parseDigest(digest) === void 0 || type !== CRFS || more !== void 0)
    return void 0;
  if (from < 0 || bytes < 0 || json < 0) return void 0;
  return { format: "zstd:chunked", digest, offset: from, length: bytes, jsonLength: json };
}

// src/image/oci-index.ts
var NAMES = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
async function readOciImages(store, options) {
  const data = await store.readDocument("index.json");
  if (data === void 0) return void 0;
  const index = parseDocument(data, indexSchema, "index.json");
  const walker = createWalker(store, options);
  const images = [];
  const others = [];
  for (const descriptor of index.manifests ?? []) {
    const read = await walker.readImage(descriptor);
    if (read.platforms.length === 0) {
      others.push(...read.notes);
      continue;
    }
    const same = images.find((other) => isSame(other, read));
    const image = same ?? read;
    if (same === void 0) images.push(read);
    const names2 = NAMES.map((key) => descriptor.annotations?.[key]).filter((name) => name !== void 0 && name !== "");
    for (const name of names2) if (name !== void 0 && !image.names.includes(name)) image.names.push(name);
  }
  const joined2 = joinPlatforms(images, digestOf(data));
  return { images: joined2.map((image) => ({ ...image, notes: [...image.notes, ...others].map(leftOut) })), others };
}
function requireImages({ images, others }) {
  if (images.length > 0 || others.length === 0) return images;
  throw new UserError(`it holds no container image: ${others.join("; ")}`);
}
function leftOut(other) {
  return `${other}: left out`;
}
function isSame(one, other) {
  const platformsOf = ({ platforms }) => platforms.map(({ platform }) => platform).join(" ");
  return one.digest === other.digest && platformsOf(one) === platformsOf(other);
}
async function readOciDigest(store, digest, options, isAsked = () => true) {
  const image = await createWalker(store, options, isAsked).readImage({ digest });
  if (image.platforms.length > 0) return { ...image, notes: image.notes.map(leftOut) };
  throw new UserError(image.notes.length > 0 ? image.notes.join("; ") : `${digest} is no image`);
}
function createWalker(store, { limits, budget }, isAsked = () => true) {
  async function readImage2(descriptor) {
    const notes = [];
    const leaves = await collect(descriptor, 0, /* @__PURE__ */ new Set(), notes);
    return {
      names: [],
      digest: descriptor.digest,
      platforms: leaves.map((leaf) => leaf.platform),
      configDigests: leaves.flatMap((leaf) => leaf.configDigest ?? []),
      notes
    };
  }
  async function collect(descriptor, depth, seen, notes) {
    const stated = formatPlatform(toStated(descriptor));
    const entry = `${descriptor.digest} ${stated}`;
    const isNeverChosen = depth > 0 && isUnknown(descriptor);
    if (seen.has(entry) || isAttestation(descriptor) && isNeverChosen) return [];
    seen.add(entry);
    spend(budget, "manifests", 1, limits);
    if (depth > limits.indexDepth) throw exceeded("index-depth", limits);
    if (descriptor.platform?.architecture && !isAsked(stated))
      return [
        { platform: { platform: stated, problem: new UserError("it was not asked for") }, configDigest: void 0 }
      ];
    const what = descriptor.platform ? `manifest of ${quote(stated)}` : "manifest";
    let data;
    try {
      data = await readBlob(store, descriptor.digest, what);
    } catch (problem) {
      if (!(problem instanceof UserError) || isLimit(problem)) throw problem;
      if (isNeverChosen || isUnknown(descriptor) && problem instanceof AbsentPart) return [];
      return [{ platform: { platform: stated, problem }, configDigest: void 0 }];
    }
    const document = parseManifestOrIndex(data, descriptor);
    if ("manifests" in document) {
      const leaves = [];
      for (const child of document.manifests) leaves.push(...await collect(child, depth + 1, seen, notes));
      return leaves;
    }
    if ("artifact" in document) {
      notes.push(`${descriptor.digest} is ${document.artifact}, no container image`);
      return [];
    }
    const { manifest } = document;
    const kind = describeArtifact(manifest);
    if (kind !== void 0 && (isNeverChosen || await isProvenArtifact(store, descriptor, manifest, limits))) {
      if (depth === 0 || !isAttestationByLayers(manifest))
        notes.push(`${descriptor.digest} is ${kind}, no container image`);
      return [];
    }
    return [await readLeaf(store, descriptor, manifest, { limits, kind })];
  }
  return { readImage: readImage2 };
}
var ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json";
function parseManifestOrIndex(data, { digest }) {
  const what = `blob ${digest}`;
  const { manifests, config: config2, layers, fsLayers, mediaType, artifactType } = parseDocument(data, kindSchema, what);
  const isManifest = [config2, layers, fsLayers].some((field2) => field2 !== void 0 && field2 !== null);
  if (isManifest && Array.isArray(manifests) && manifests.length > 0)
    throw new UserError(`${what} is an index and a manifest at once: programs differ in what they take it for`);
  if (!isManifest && Array.isArray(manifests))
    return { manifests: parseDocument(data, indexSchema, what).manifests ?? [] };
  if (fsLayers !== void 0)
    throw new UserError(
      `${what} is a manifest of Docker's schema 1, which is not read: save the image with a current tool`
    );
  if (!isManifest && mediaType === ARTIFACT_MANIFEST) return { artifact: nameArtifact([`${artifactType}`, mediaType]) };
  return { manifest: parseDocument(data, manifestSchema, what) };
}
async function readLeaf(store, descriptor, manifest, { limits, kind }) {
  const layers = manifest.layers ?? [];
  const configDigest = manifest.config.digest;
  try {
    const config2 = parseDocument(
      await readBlob(store, configDigest, "image config"),
      configSchema,
      `image config ${configDigest}`
    );
    await requireLayers(store, layers);
    const platform = describe4(descriptor, manifest, config2, limits);
    if (kind !== void 0) platform.notes.push(`its manifest calls it ${kind}, and runtimes may run it`);
    return { platform, configDigest };
  } catch (problem) {
    if (!(problem instanceof UserError) || isLimit(problem)) throw problem;
    const told = kind === void 0 ? problem : notSurely(kind, problem);
    return { platform: { platform: formatPlatform(toStated(descriptor)), problem: told, configDigest }, configDigest };
  }
}
function notSurely(kind, problem) {
  const message = `its manifest calls it ${kind}, but runtimes may run it, and ${problem.message}; if another image beside it is meant, name that one by its digest: oci:DIR@DIGEST, docker://NAME@DIGEST`;
  return problem instanceof AbsentPart ? new AbsentPart(message) : new UserError(message);
}
async function requireLayers(store, layers) {
  for (const { digest, mediaType } of layers) {
    if (await store.has(blobName(digest))) continue;
    const foreign = /foreign|nondistributable/.test(mediaType ?? "");
    throw new AbsentPart(
      foreign ? `layer ${digest} is not included: it is a foreign layer, which its publisher lets nobody pass on` : `blob ${digest} is missing (layer)`
    );
  }
}
function describe4(descriptor, manifest, config2, limits) {
  const layers = manifest.layers ?? [];
  const diffIds = config2.rootfs.diff_ids ?? [];
  const stated = toStated(descriptor);
  const ofConfig = { os: config2.os ?? void 0, architecture: config2.architecture ?? void 0 };
  const isStated = Boolean(stated.os && stated.architecture) && !isUnknown(descriptor);
  const platform = formatPlatform(isStated ? stated : { ...ofConfig, variant: config2.variant ?? void 0 });
  const notes = [];
  const isOther = normalisePlatform(ofConfig).architecture !== normalisePlatform(stated).architecture;
  if (isStated && ofConfig.architecture && isOther)
    notes.push(`the index says ${quote(platform)}, the image config says ${quote(formatPlatform(ofConfig))}`);
  if (layers.length !== diffIds.length)
    throw new UserError(`manifest ${descriptor.digest} lists ${layers.length} layers, its config ${diffIds.length}`);
  if (layers.length > limits.layers) throw exceeded("layers", limits, `manifest ${descriptor.digest}`);
  return {
    platform,
    configDigest: manifest.config.digest,
    config: toImageConfig(config2),
    layers: layers.map((layer, i) => toSourceLayer2(layer, diffIds[i] ?? "")),
    notes
  };
}
function toSourceLayer2(layer, diffId) {
  const mediaType = layer.mediaType ?? "";
  if (/encrypted/.test(mediaType)) throw new UserError(`layer ${layer.digest} is encrypted`);
  const toc = findTocPointers(layer.annotations ?? {});
  return {
    blob: blobName(layer.digest),
    digest: layer.digest,
    diffId,
    mediaType,
    ...toc.length === 0 ? {} : { toc }
  };
}
function isAttestation(descriptor) {
  return descriptor.annotations?.["vnd.docker.reference.type"] === "attestation-manifest";
}
function isUnknown({ platform }) {
  return platform?.os === "unknown" && platform.architecture === "unknown";
}
function toStated({ platform }) {
  return {
    os: platform?.os || (platform?.architecture ? "linux" : void 0),
    architecture: platform?.architecture ?? void 0,
    variant: platform?.variant ?? void 0
  };
}
function joinPlatforms(images, indexDigest) {
  const groups = Map.groupBy(images, (image) => image.names[0] ?? "");
  return [...groups.values()].flatMap((group) => {
    const first = group[0];
    const platforms = group.flatMap((image) => image.platforms);
    const distinct2 = new Set(platforms.map((platform) => platform.platform)).size === platforms.length;
    const isUnnamedAmongNamed = first?.names.length === 0 && images.length > group.length;
    if (first === void 0 || group.length === 1 || !distinct2 || isUnnamedAmongNamed) return group;
    return [
      {
        names: [...new Set(group.flatMap((image) => image.names))],
        digest: indexDigest,
        platforms,
        configDigests: group.flatMap((image) => image.configDigests),
        notes: group.flatMap((image) => image.notes)
      }
    ];
  });
}
function isUnreadable(image) {
  return image.platforms.every(isBroken);
}
function isAbsent(platform) {
  return isBroken(platform) && platform.problem instanceof AbsentPart;
}

// src/image/archive-images.ts
async function listArchiveImages(store, form, options) {
  if (form === "oci-archive") {
    const listing2 = await readOciImages(store, options);
    if (listing2 !== void 0) return requireImages(listing2);
    throw new UserError(
      await store.has("manifest.json") ? "it holds no index.json but a manifest.json: pass docker-archive:PATH" : "it is no OCI image layout: index.json is missing"
    );
  }
  const docker = await attempt(() => readDockerImages(store, options));
  const listing = await readOciImages(store, options);
  const oci = listing?.images;
  if ("absent" in docker) return fallBack(docker.absent, oci ?? []);
  if (docker.value === void 0 || docker.value.length === 0) {
    if (oci === void 0 && docker.value === void 0)
      throw new UserError(
        "it is no image archive: neither manifest.json nor index.json is in it; docker save writes one, docker export doesn't"
      );
    if (form === "docker-archive" && docker.value === void 0)
      throw new UserError("it holds no manifest.json but an index.json: pass oci-archive:PATH");
    return listing === void 0 ? [] : requireImages(listing);
  }
  return combine(docker.value, oci ?? []);
}
async function attempt(read) {
  try {
    return { value: await read() };
  } catch (problem) {
    if (problem instanceof AbsentPart) return { absent: problem };
    throw problem;
  }
}
function fallBack(problem, images) {
  if (images.every(isUnreadable)) throw problem;
  const note = `manifest.json was not used: ${problem.message}`;
  return images.map((image) => ({ ...image, notes: [...image.notes, note] }));
}
function combine(docker, oci) {
  const used = /* @__PURE__ */ new Set();
  const images = docker.map((image) => {
    const [platform] = image.platforms;
    const match2 = oci.find((candidate) => candidate.configDigests.includes(platform.configDigest));
    if (match2 === void 0) {
      refuseConflict(image, oci);
      return image;
    }
    used.add(match2);
    return {
      ...image,
      names: [.../* @__PURE__ */ new Set([...image.names, ...match2.names])],
      digest: match2.digest,
      platforms: [withTables(platform, match2), ...otherPlatforms(match2, platform)],
      notes: [...image.notes, ...match2.notes]
    };
  });
  const others = oci.filter((image) => !used.has(image));
  const notes = others.filter(isAbsentImage).map(describeAbsent);
  return [
    ...images.map((image) => ({ ...image, notes: [...image.notes, ...notes] })),
    ...others.filter((image) => !isAbsentImage(image))
  ];
}
function isAbsentImage({ platforms }) {
  return platforms.every(isAbsent);
}
function describeAbsent(image) {
  const [platform] = image.platforms;
  const why = platform !== void 0 && isBroken(platform) ? `: ${platform.problem.message}` : "";
  return `${quote(displayName(image))} of index.json was not inspected${why}`;
}
function withTables(platform, { platforms }) {
  const same = platforms.find((other) => !isBroken(other) && other.configDigest === platform.configDigest);
  if (same === void 0 || isBroken(same)) return platform;
  const layers = platform.layers.map((layer, i) => {
    const toc = same.layers[i]?.toc;
    return toc === void 0 ? layer : { ...layer, toc };
  });
  return { ...platform, layers };
}
function otherPlatforms(image, known) {
  return image.platforms.filter((other) => other.configDigest !== known.configDigest).filter((other) => !isAbsent(other) || other.platform !== known.platform).map((other) => isAbsent(other) ? { ...other, optional: true } : other);
}
function refuseConflict(image, oci) {
  const name = image.names.find((one) => oci.some((other) => !isAbsentImage(other) && other.names.includes(one)));
  if (name === void 0) return;
  throw new UserError(
    `manifest.json and index.json describe different images under the name ${quote(name)}, and programs differ in which of them they load: save the image again`
  );
}

// src/image/channel.ts
function createChannel() {
  let piece;
  let ended = false;
  let closed = false;
  let wake = () => {
  };
  let release2 = () => {
  };
  async function* read() {
    try {
      for (; ; ) {
        while (piece === void 0 && !ended) {
          await new Promise((resolve3) => {
            wake = resolve3;
          });
        }
        if (piece === void 0) return;
        const present = piece;
        piece = void 0;
        yield present;
        release2();
      }
    } finally {
      closed = true;
      release2();
    }
  }
  return {
    readable: read(),
    async write(chunk) {
      if (closed || chunk.length === 0) return;
      piece = chunk;
      wake();
      await new Promise((resolve3) => {
        release2 = resolve3;
      });
    },
    end() {
      ended = true;
      wake();
    },
    close() {
      closed = true;
      release2();
    }
  };
}

// src/image/archive-stream.ts
async function openArchiveStream(open4, options, { once: once2 = false } = {}) {
  const members2 = createMemberIndex(options.limits);
  await readMembers(open4(), options, (member) => {
    const slot = {};
    members2.add(member, slot);
    if (member.type !== "file") return void 0;
    return createSniffingTask(options, (outcome) => {
      slot.outcome = outcome;
      if ("problem" in outcome && isLimit(outcome.problem)) throw locate(outcome.problem, quote(member.name));
      if ("document" in outcome) spend(options.budget, "documentBytes", outcome.document.length, options.limits);
    });
  });
  async function scan(name, wanted) {
    const found = members2.find(name);
    if (found === void 0) throw new UserError(`${quote(name)} is missing`);
    const { outcome } = found.value;
    if (!isAsScanned(wanted, options)) return scanAgain(open4(), found.name, wanted);
    if (wanted.toc !== void 0 && !once2)
      return scanAgain(open4(), found.name, { ...wanted, budget: createBudget(options.limits) });
    if (outcome !== void 0 && "scan" in outcome) return withoutTable(outcome.scan, wanted);
    throw outcome !== void 0 && "problem" in outcome ? outcome.problem : new UserError("it is not a tar archive");
  }
  return {
    has: async (name) => members2.find(name) !== void 0,
    async readDocument(name) {
      const found = members2.find(name);
      if (found === void 0) return void 0;
      const { outcome } = found.value;
      if (outcome !== void 0 && "document" in outcome) return outcome.document;
      throw outcome !== void 0 && "problem" in outcome ? outcome.problem : new UserError(`${quote(name)} is not JSON`);
    },
    async digestOf(name, algorithm) {
      const outcome = members2.find(name)?.value.outcome;
      return outcome !== void 0 && "scan" in outcome && algorithm === "sha256" ? outcome.scan.digest : void 0;
    },
    scan,
    close: async () => {
    }
  };
}
function withoutTable(scan, { toc }) {
  const how = "it came through a pipe, which cannot be read a second time";
  return toc === void 0 ? scan : { ...scan, table: { kind: "unclear", how } };
}
function isAsScanned(wanted, done) {
  return wanted.probe === done.probe && (wanted.digestAlgorithm ?? "sha256") === "sha256" && (wanted.diffIdAlgorithm ?? "sha256") === "sha256";
}
async function scanAgain(source, name, options) {
  let outcome = { problem: new UserError(`${quote(name)} was not there when the archive was read again`) };
  await readMembers(source, options, (member) => {
    if (member.type !== "file" || memberName(member.name) !== name) return void 0;
    return createLayerTask(options, (result2) => {
      outcome = result2;
    });
  });
  const result = outcome;
  if ("scan" in result) return result.scan;
  throw "problem" in result ? result.problem : new UserError("it is not a tar archive");
}
async function readMembers(source, { limits, signal }, start) {
  let waiting = [];
  let bytesLeft = limits.uncompressedBytes;
  function enqueue(task) {
    return {
      write(chunk) {
        waiting.push(() => task.write(chunk));
        return true;
      },
      end() {
        waiting.push(() => task.end());
      }
    };
  }
  const reader2 = createTarReader((member) => {
    const task = start(member);
    return task && enqueue(task);
  }, limits);
  await decompress(
    gather(source),
    async (chunk) => {
      bytesLeft -= chunk.length;
      if (bytesLeft < 0) throw exceeded("image-size", limits);
      reader2.push(chunk);
      const steps = waiting;
      waiting = [];
      for (const step of steps) await step();
    },
    { limits, signal }
  );
  reader2.end();
}
function createSniffingTask(options, settle2) {
  let head = Buffer.alloc(0);
  let task;
  async function begin() {
    task = chooseTask(head, options, settle2);
    await task.write(head);
    return task;
  }
  return {
    async write(chunk) {
      if (task !== void 0) return task.write(chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length >= BLOCK) await begin();
    },
    async end() {
      await (task ?? await begin()).end();
    }
  };
}
function chooseTask(head, options, settle2) {
  if (sniffCompression(head) !== "none" || isTar(head)) return createLayerTask(options, settle2);
  if (/^\s*[[{]/.test(head.toString("latin1"))) return createDocumentTask(options.limits, settle2);
  return {
    async write() {
    },
    async end() {
      settle2({ problem: new UserError("it is neither a layer nor JSON") });
    }
  };
}
function isTar(head) {
  if (head.length === 0) return true;
  if (head.length < BLOCK) return false;
  try {
    decodeHeader(head.subarray(0, BLOCK), 0);
    return true;
  } catch {
    return false;
  }
}
function createLayerTask(options, settle2) {
  const channel = createChannel();
  let outcome;
  const done = scanWhole(channel.readable, options).then(
    (scan) => {
      outcome = { scan };
      channel.close();
    },
    (problem) => {
      outcome = { problem };
      channel.close();
    }
  );
  return {
    // A scan that has failed takes nothing more; the archive goes on behind the layer, which may not be needed.
    write: channel.write,
    async end() {
      channel.end();
      await done;
      if (outcome !== void 0) settle2(outcome);
    }
  };
}
function createDocumentTask(limits, settle2) {
  const chunks = [];
  let size = 0;
  return {
    async write(chunk) {
      size += chunk.length;
      if (size <= limits.jsonBytes) chunks.push(Buffer.from(chunk));
    },
    async end() {
      if (size > limits.jsonBytes) settle2({ problem: exceeded("document-size", limits) });
      else settle2({ document: Buffer.concat(chunks) });
    }
  };
}

// src/image/daemon.ts
var import_node_http2 = __toESM(require_http(), 1);

// src/image/daemon-address.ts
import { createHash as createHash5 } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join as join3 } from "node:path";
var DOCKER_SOCKET = "/var/run/docker.sock";
var PODMAN_SOCKET = "/run/podman/podman.sock";
var configSchema2 = object({ currentContext: optional(nullable(string2())) });
var metaSchema = object({
  Endpoints: record(
    string2(),
    object({ Host: optional(string2()), SkipTLSVerify: optional(nullable(boolean2())) })
  )
});
async function findDaemons(env) {
  const folder = env.DOCKER_CONFIG || join3(env.HOME || homedir(), ".docker");
  if (env.DOCKER_HOST) {
    const isSecure = Boolean(env.DOCKER_TLS_VERIFY) || env.DOCKER_HOST.startsWith("https://");
    const tls = isSecure ? await readCertificates(env.DOCKER_CERT_PATH || folder) : void 0;
    return parseAddress(env.DOCKER_HOST, "DOCKER_HOST is", tls);
  }
  const context = env.DOCKER_CONTEXT || await readCurrentContext(folder);
  if (context !== void 0 && context !== "" && context !== "default") return readContext(folder, context);
  const own2 = env.XDG_RUNTIME_DIR?.startsWith("/") ? [join3(env.XDG_RUNTIME_DIR, "podman/podman.sock")] : [];
  return [DOCKER_SOCKET, ...own2, PODMAN_SOCKET].map(toSocket);
}
function toSocket(socketPath) {
  return { place: socketPath, base: new URL("http://localhost"), socketPath };
}
function parseAddress(host, origin, tls) {
  const socketPath = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (socketPath !== void 0) return [toSocket(socketPath)];
  if (host.startsWith("ssh://"))
    return {
      problem: `${origin} ${quote(host)}, and daemons are not reached over SSH from here: run docker save -o FILE NAME and pass docker-archive:FILE`
    };
  const address = `${tls === void 0 ? "http" : "https"}://${host.replace(/^(tcp|https?):\/\//, "")}`;
  if (!/^(tcp|https?):\/\/[^/]/.test(host) || !URL.canParse(address))
    return {
      problem: `${origin} ${quote(host)}; unix:///PATH and tcp://HOST:PORT are understood: pass an archive instead`
    };
  const base = new URL(address);
  if (host.startsWith("tcp://") && !/:\d+(\/|$)/.test(host)) base.port = "2375";
  return [{ place: base.host, base, tls }];
}
async function readCurrentContext(folder) {
  try {
    return configSchema2.parse(JSON.parse(await readFile(join3(folder, "config.json"), "utf8"))).currentContext ?? void 0;
  } catch {
    return void 0;
  }
}
async function readContext(folder, name) {
  const id = createHash5("sha256").update(name).digest("hex");
  const file = join3(folder, "contexts/meta", id, "meta.json");
  const shown = `docker's context ${quote(name)}`;
  try {
    const endpoint = metaSchema.parse(JSON.parse(await readFile(file, "utf8"))).Endpoints.docker;
    if (endpoint?.Host === void 0) return { problem: `${shown} names no daemon (${file})` };
    const files = await readCertificates(join3(folder, "contexts/tls", id, "docker"));
    const isSecure = Object.keys(files).length > 0 || endpoint.SkipTLSVerify === true || /^https:/.test(endpoint.Host);
    const tls = { ...files, ...endpoint.SkipTLSVerify === true ? { rejectUnauthorized: false } : {} };
    return parseAddress(endpoint.Host, `${shown} leads to`, isSecure ? tls : void 0);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return { problem: `${shown} does not exist: docker context ls lists those that do` };
    return { problem: `${shown} cannot be read (${file}${code === void 0 ? " is damaged" : `: ${code}`})` };
  }
}
async function readCertificates(folder) {
  const files = {};
  for (const name of ["ca", "cert", "key"]) {
    try {
      files[name] = await readFile(join3(folder, `${name}.pem`));
    } catch (error) {
      const code = errorCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
    }
  }
  return files;
}

// src/image/http.ts
var import_node_http = __toESM(require_http(), 1);
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";

// src/image/http-body.ts
import { finished } from "node:stream";

// src/image/reading-agent.ts
var READ = 256 * 1024;
var TLS_READ = 16 * 1024;
function readingAgent(agent, size) {
  const connect2 = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect2({ ...options, onread: readInto(size, () => socket) }, callback);
    return socket;
  };
  return agent;
}
function readInto(size, socketOf) {
  let buffer = Buffer.allocUnsafeSlow(size);
  return {
    buffer: () => buffer,
    callback(read) {
      const socket = socketOf();
      const wantsMore = socket.push(buffer.subarray(0, read));
      if (socket.readableLength > 0) buffer = Buffer.allocUnsafeSlow(size);
      return wantsMore;
    }
  };
}

// src/image/http-body.ts
var PIECE2 = 2 * READ;
var FULL = PIECE2 - READ;
async function* readPieces(body) {
  let buffer = Buffer.allocUnsafeSlow(PIECE2);
  let other = Buffer.allocUnsafeSlow(PIECE2);
  let filled = 0;
  let rest;
  let ending;
  let wake = () => {
  };
  function take(chunk) {
    const copied = chunk.copy(buffer, filled);
    filled += copied;
    rest = copied < chunk.length ? chunk.subarray(copied) : void 0;
    if (rest === void 0) giveBack(chunk);
    if (filled > FULL) body.pause();
    wake();
  }
  const stopWaiting = finished(body, (error) => {
    ending = error ? { error } : {};
    wake();
  });
  try {
    body.on("data", take);
    for (; ; ) {
      while (filled <= FULL && ending === void 0) {
        body.resume();
        await new Promise((resolve3) => {
          wake = resolve3;
        });
      }
      if (filled === 0) break;
      const piece = buffer.subarray(0, filled);
      [buffer, other] = [other, buffer];
      filled = 0;
      yield piece;
      if (rest !== void 0) take(rest);
    }
    if (ending !== void 0 && "error" in ending) throw ending.error;
  } finally {
    stopWaiting();
    body.destroy();
  }
}
function giveBack({ buffer, byteLength }) {
  if (byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

// src/image/http.ts
var USER_AGENT = "netfilter-compat";
function loadHttps() {
  return process.getBuiltinModule("node:https");
}
function sendRequest(request) {
  const { url, method = "GET", headers, body, agent, socketPath, signal, idle, limits } = request;
  const send = url.protocol === "https:" ? loadHttps().request : import_node_http.request;
  const sockets = /* @__PURE__ */ new Set();
  function onOpened(socket) {
    sockets.add(socket);
    if (url.protocol === "https:" && !("encrypted" in socket)) boundTunnel(socket, () => isThrough);
  }
  let isThrough = false;
  return new Promise((resolve3, reject) => {
    if (signal?.aborted) throw stopped(signal);
    const sent = withSockets(
      onOpened,
      () => send(url, {
        method,
        agent,
        timeout: idle,
        headers: { "user-agent": USER_AGENT, "accept-encoding": "identity", ...headers },
        ...socketPath === void 0 ? {} : { socketPath }
      })
    );
    let begun;
    function fail(error) {
      stop();
      clearTimeout(opening);
      reject(error);
      (begun ?? sent).destroy(error);
      for (const socket of sockets) if (begun === void 0) socket.destroy();
    }
    const stop = startTimers(fail, { signal, limits });
    const onIdle = () => fail(Object.assign(new Error("no byte came"), { code: "ETIMEDOUT" }));
    const opening = idle === 0 ? void 0 : setTimeout(onIdle, OPENING * idle);
    sent.on("socket", () => {
      isThrough = true;
      clearTimeout(opening);
    });
    sent.on("timeout", onIdle);
    sent.on("error", fail);
    sent.on("upgrade", (_answer, socket) => {
      socket.destroy();
      fail(Object.assign(new Error("it wants another protocol"), { code: "HPE_UPGRADE" }));
    });
    sent.on("close", () => {
      clearTimeout(opening);
      if (begun === void 0) fail(Object.assign(new Error("it ended without an answer"), { code: "ECONNRESET" }));
    });
    sent.on("response", (answer) => {
      begun = answer;
      answer.on("close", stop);
      resolve3({
        status: answer.statusCode ?? 0,
        header(name) {
          const value = answer.headers[name];
          return Array.isArray(value) ? value.join(", ") : value;
        },
        body: answer
      });
    });
    sent.end(body);
  });
}
var OPENING = 2;
function startTimers(fail, { signal, limits }) {
  const timer = limits === void 0 ? void 0 : setTimeout(() => fail(exceeded("request-time", limits)), limits.requestSeconds * 1e3);
  const onAbort = () => fail(stopped(signal));
  signal?.addEventListener("abort", onAbort);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  };
}
function stopped(signal) {
  return Object.assign(new Error("it was stopped", { cause: signal?.reason }), { code: "ABORT_ERR" });
}
var opened = new AsyncLocalStorage();
var isWatched = false;
function withSockets(onOpened, make) {
  if (!isWatched)
    subscribe("net.client.socket", (message) => opened.getStore()?.(message.socket));
  isWatched = true;
  return opened.run(onOpened, make);
}
var TUNNEL_BYTES = 64 * 1024;
var TUNNEL_PIECES = 10;
function boundTunnel(socket, isThrough) {
  let pieces = 0;
  socket.setMaxListeners(0).on("readable", () => {
    if (isThrough() || ++pieces <= TUNNEL_PIECES && socket.bytesRead <= TUNNEL_BYTES) return;
    socket.destroy(Object.assign(new Error("the proxy's answer does not end"), { code: "ERR_PROXY_TUNNEL" }));
  });
}
async function readBody({ body }, limit) {
  let buffer = Buffer.alloc(0);
  let size = 0;
  try {
    for await (const chunk of readPieces(body)) {
      if (size + chunk.length > limit) return void 0;
      if (size + chunk.length > buffer.length) {
        const larger = Buffer.alloc(Math.max(2 * buffer.length, size + chunk.length));
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      size += chunk.copy(buffer, size);
    }
  } finally {
    body.destroy();
  }
  return buffer.subarray(0, size);
}
var PASSING = /* @__PURE__ */ new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH"]);
var CERTIFICATE = /CERT|UNABLE_TO_|SELF_SIGNED|SIGNATURE_FAILURE|ERR_TLS_CERT/;
function describeConnection(error) {
  const code = errorCode(error);
  if (code === void 0 || error instanceof UserError) return void 0;
  if (/^ERR_SSL_.*ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA)/.test(code))
    return { problem: `it refuses the TLS certificate of this side, or that there is none (${code})`, passing: false };
  if (CERTIFICATE.test(code))
    return {
      problem: `its TLS certificate is not trusted (${code}): set NODE_EXTRA_CA_CERTS to the file of the authority that signed it`,
      passing: false
    };
  if (code === "ECONNREFUSED") return { problem: `the connection was refused (${code})`, passing: false };
  if (code === "ENOTFOUND") return { problem: `there is no host of that name (${code})`, passing: false };
  if (code === "ETIMEDOUT") return { problem: `it did not answer in time (${code})`, passing: true };
  if (code === "ERR_PROXY_TUNNEL")
    return { problem: `the proxy of HTTPS_PROXY does not connect to it (${code})`, passing: false };
  if (PASSING.has(code)) return { problem: `the connection was cut (${code})`, passing: true };
  if (/^HPE_/.test(code)) return { problem: `its answer is not HTTP (${code})`, passing: true };
  if (/^(E[A-Z0-9]+|ERR_SSL_.*|ERR_TLS_.*|ERR_PROXY_.*)$/.test(code) && !/^ERR_INVALID|^ERR_HTTP_INVALID/.test(code))
    return { problem: `the connection failed (${code})`, passing: false };
  return void 0;
}

// src/image/daemon.ts
var PLATFORM_VERSION = [1, 48];
var ANSWER_BYTES = 4 * 2 ** 20;
var inspectSchema = object({ Id: string2(), RepoTags: optional(nullable(array(string2()))) });
var errorSchema = object({ message: string2() });
async function openDaemon(name, options, { env, platforms }) {
  if (!isImageName(name)) return { absent: `${quote(name)} is not the name of an image` };
  const addresses = await findDaemons(env);
  if ("problem" in addresses) return { absent: addresses.problem };
  const { limits, signal } = options;
  const timeout = AbortSignal.timeout(limits.networkSeconds * 1e3);
  const deadline = signal === void 0 ? timeout : AbortSignal.any([timeout, signal]);
  const silent = [];
  for (const address of addresses) {
    const daemon = connect(address, limits, deadline);
    try {
      const found = await findImage(daemon, name);
      if ("image" in found) return await openImage(daemon, found, options, platforms);
      daemon.close();
      if ("absent" in found) return found;
      silent.push(found);
    } catch (error) {
      daemon.close();
      throw error;
    }
  }
  const hint = silent.some(({ isDown }) => isDown) ? " (start it or set DOCKER_HOST)" : "";
  return { absent: `${silent.map(({ unreachable }) => unreachable).join("; ")}${hint}` };
}
async function openImage(daemon, { image, hasPlatforms }, options, platforms) {
  const query = hasPlatforms ? platformQuery(platforms) : "";
  const path = `/images/${encodeName(image)}/get${query}`;
  const store = await openArchiveStream(() => readImage(daemon, path), options);
  return {
    store: { ...store, close: async () => daemon.close() },
    images: await listArchiveImages(store, "any", options)
  };
}
function isImageName(name) {
  return /^\w[\w.:/@-]{0,511}$/.test(name) && !name.split("/").some((part) => part === "" || /^\.+$/.test(part));
}
function encodeName(name) {
  return name.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":").replaceAll("%40", "@");
}
function connect({ place: place2, base, socketPath, tls }, limits, deadline) {
  const agent = base.protocol === "https:" ? readingAgent(new (loadHttps()).Agent(tls), TLS_READ) : readingAgent(new import_node_http2.Agent(), READ);
  return {
    place: place2,
    limits,
    // A classic store packs the whole image before the first byte comes: only the deadline counts.
    get: (path) => sendRequest({
      url: new URL(`${base.pathname.replace(/\/+$/, "")}${path}`, base),
      agent,
      socketPath,
      signal: deadline,
      idle: 0,
      limits
    }),
    close: () => agent.destroy()
  };
}
async function findImage(daemon, name) {
  let version2;
  let answer;
  try {
    const ping = await daemon.get("/_ping");
    version2 = ping.header("api-version");
    ping.body.destroy();
    answer = await daemon.get(`/images/${encodeName(name)}/json`);
  } catch (error) {
    return describeUnreachable(daemon, error);
  }
  if (answer.status === 404) {
    answer.body.destroy();
    return { absent: `the daemon at ${daemon.place} has no image ${name}` };
  }
  if (answer.status !== 200) throw await describeAnswer(daemon, answer);
  return {
    image: withTag(name, await readInspection(daemon, answer)),
    hasPlatforms: isAtLeast(version2, PLATFORM_VERSION)
  };
}
function describeUnreachable({ place: place2, limits }, error) {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR")
    return { unreachable: `no daemon answers at ${place2}`, isDown: true };
  if (code === "EACCES" || code === "EPERM")
    return { unreachable: `no permission to talk to the daemon at ${place2}`, isDown: false };
  const failure2 = describeConnection(error);
  if (failure2 === void 0) throw describeTimeout(error, place2, limits);
  return { unreachable: `the daemon at ${place2}: ${failure2.problem}`, isDown: false };
}
async function readInspection({ place: place2 }, answer) {
  try {
    return inspectSchema.parse(JSON.parse((await readBody(answer, ANSWER_BYTES))?.toString("utf8") ?? ""));
  } catch (error) {
    throw new UserError(`the daemon at ${place2} answers in another form than the Docker Engine API`, { cause: error });
  }
}
function withTag(name, { Id, RepoTags }) {
  if (name.includes("@") || /:[^/]*$/.test(name)) return name;
  const latest = `${name}:latest`;
  const isTagged = (RepoTags ?? []).some((tag) => tag === latest || tag.endsWith(`/${latest}`));
  return !isTagged && Id.replace(/^sha256:/, "").startsWith(name) ? name : latest;
}
function isAtLeast(version2, [major, minor]) {
  const [, first, second] = /^(\d+)\.(\d+)$/.exec(version2 ?? "") ?? [];
  return Number(first) > major || Number(first) === major && Number(second) >= minor;
}
function platformQuery(platforms) {
  const [os, architecture, variant] = platforms.length === 1 ? platforms[0]?.split("/") ?? [] : [];
  if (os === void 0 || architecture === "arm" && variant === void 0) return "";
  const platform = { os, architecture, ...variant === void 0 ? {} : { variant } };
  return `?platform=${encodeURIComponent(JSON.stringify(platform))}`;
}
async function* readImage(daemon, path) {
  try {
    const answer = await daemon.get(path);
    if (answer.status !== 200) throw await describeAnswer(daemon, answer);
    try {
      yield* readPieces(answer.body);
    } finally {
      answer.body.destroy();
    }
  } catch (error) {
    const failure2 = describeConnection(error);
    throw failure2 === void 0 ? describeTimeout(error, daemon.place, daemon.limits) : new UserError(`the daemon at ${daemon.place}: ${failure2.problem}`, { cause: error });
  }
}
function describeTimeout(error, place2, limits) {
  return errorCode(error) === "ABORT_ERR" ? exceeded("network-time", limits, `the daemon at ${place2}`) : error;
}
async function describeAnswer({ place: place2 }, answer) {
  const { status } = answer;
  let detail = "";
  try {
    const { message } = errorSchema.parse(JSON.parse((await readBody(answer, ANSWER_BYTES))?.toString("utf8") ?? ""));
    detail = ` (${quote(message)})`;
  } catch {
  }
  return new UserError(`the daemon at ${place2} answers ${status}${detail}`);
}

// src/image/layout-directory.ts
import { open, stat } from "node:fs/promises";
import { join as join4 } from "node:path";
function openLayoutDirectory(directory, { limits, budget }) {
  async function sizeOf(name) {
    try {
      const found = await stat(join4(directory, name));
      if (!found.isFile()) throw new UserError(`${quote(name)} is not a regular file`);
      return found.size;
    } catch (error) {
      if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return void 0;
      throw error;
    }
  }
  return {
    has: async (name) => await sizeOf(name) !== void 0,
    async readDocument(name) {
      var _stack = [];
      try {
        const size = await sizeOf(name);
        if (size === void 0) return void 0;
        if (size > limits.jsonBytes) throw exceeded("document-size", limits, quote(name));
        spend(budget, "documentBytes", size, limits);
        const handle = __using(_stack, await open(join4(directory, name)), true);
        const data = Buffer.alloc(size);
        return data.subarray(0, await readFully(handle, data, size, 0));
      } catch (_) {
        var _error = _, _hasError = true;
      } finally {
        var _promise = __callDispose(_stack, _error, _hasError);
        _promise && await _promise;
      }
    },
    async digestOf(name, algorithm, signal) {
      var _stack = [];
      try {
        const size = await sizeOf(name);
        if (size === void 0) return void 0;
        const handle = __using(_stack, await open(join4(directory, name)), true);
        return await digestOfStream(readRange(handle, 0, size), algorithm, signal);
      } catch (_) {
        var _error = _, _hasError = true;
      } finally {
        var _promise = __callDispose(_stack, _error, _hasError);
        _promise && await _promise;
      }
    },
    async scan(name, options) {
      var _stack = [];
      try {
        const size = await sizeOf(name);
        if (size === void 0) throw new UserError(`${quote(name)} is missing`);
        const handle = __using(_stack, await open(join4(directory, name)), true);
        return await scanWhole(readRange(handle, 0, size), options);
      } catch (_) {
        var _error = _, _hasError = true;
      } finally {
        var _promise = __callDispose(_stack, _error, _hasError);
        _promise && await _promise;
      }
    },
    close: async () => {
    }
  };
}

// src/image/registry-blob.ts
async function* readRegistryBlob(client, digest, size, signal) {
  let at = 0;
  for (let failures = 1; ; failures++) {
    const before = at;
    try {
      const answer = await client.get({
        path: `blobs/${digest}`,
        what: `blob ${digest}`,
        signal,
        ...at === 0 ? {} : { headers: { range: `bytes=${at}-` } }
      });
      let skip = bytesToSkip(answer, at, digest);
      try {
        for await (const chunk of readPieces(answer.body)) {
          const rest = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - rest.length;
          at += rest.length;
          if (size !== void 0 && at > size)
            throw new UserError(`blob ${digest} has more bytes than the ${size} that its manifest says`);
          if (rest.length > 0) yield rest;
        }
      } finally {
        answer.body.destroy();
      }
      if (size === void 0 || at === size) return;
      throw Object.assign(new Error("the answer ended early"), { code: "ECONNRESET" });
    } catch (error) {
      if (at > before) failures = 1;
      const judged = client.judge(error, failures, signal);
      if (judged !== void 0) throw describeShort(judged, digest, at, size);
    }
    await client.pause(failures, signal);
  }
}
async function readRegistryRange(client, digest, { from, length, signal }) {
  const last = from + length - 1;
  const headers = { range: `bytes=${from}-${last}` };
  for (let failures = 1; ; failures++) {
    try {
      return await readPart(
        await client.get({ path: `blobs/${digest}`, what: `blob ${digest}`, signal, headers }),
        from,
        last
      );
    } catch (error) {
      const judged = error instanceof TocProblem ? error : client.judge(error, failures, signal);
      if (judged !== void 0) throw judged;
    }
    await client.pause(failures, signal);
  }
}
async function readPart(answer, from, last) {
  const stated = /^bytes (\d+)-(\d+)\//.exec(answer.header("content-range") ?? "");
  const isStated = Number(stated?.[1]) === from && Number(stated?.[2]) === last;
  if (answer.status !== 206 || !isStated) {
    answer.body.destroy();
    throw new TocProblem(answer.status === 206 ? OTHER_PART : "the server has no ranges");
  }
  const data = await readBody(answer, last - from + 1);
  if (data?.length !== last - from + 1) throw new TocProblem(OTHER_PART);
  return data;
}
var OTHER_PART = "the server sent another part of it than was asked for";
function bytesToSkip({ status, header }, at, digest) {
  if (status !== 206) return at;
  const from = /^bytes (\d+)-/.exec(header("content-range") ?? "")?.[1];
  if (from === void 0 || Number(from) > at)
    throw new UserError(`blob ${digest}: the server sent another part of it than was asked for`);
  return at - Number(from);
}
function describeShort(error, digest, at, size) {
  if (!(error instanceof UserError) || size === void 0 || at === 0) return error;
  return at < size ? new UserError(`${error.message} (${at} of ${size} bytes of blob ${digest} were read)`, { cause: error }) : error;
}

// src/image/registry-client.ts
var import_node_http3 = __toESM(require_http(), 1);
import { setTimeout as wait } from "node:timers/promises";

// src/image/registry-credentials.ts
import { spawn } from "node:child_process";
import { readFile as readFile2 } from "node:fs/promises";
import { homedir as homedir2 } from "node:os";
import { join as join5 } from "node:path";
var entrySchema = object({
  auth: optional(nullable(string2())),
  identitytoken: optional(nullable(string2())),
  registrytoken: optional(nullable(string2()))
});
var configSchema3 = object({
  auths: optional(nullable(record(string2(), nullable(entrySchema)))),
  credHelpers: optional(nullable(record(string2(), string2()))),
  credsStore: optional(nullable(string2()))
});
var helperSchema = object({ Username: string2(), Secret: string2() });
var HUB_KEY = "https://index.docker.io/v1/";
var HELPER_SECONDS = 30;
var HELPER_BYTES = 64 * 1024;
async function findLogin(host, stated, env, bounds = {}) {
  if (stated !== void 0 && (stated.registry === void 0 || sameHost(stated.registry, host)))
    return {
      login: { username: stated.username, password: stated.password },
      origin: "the user name given",
      stated: true
    };
  const path = join5(env.DOCKER_CONFIG || join5(env.HOME || homedir2(), ".docker"), "config.json");
  const config2 = await readConfig(path);
  if (config2 === void 0) return { origin: path };
  if ("problem" in config2) return { origin: path, problem: `${path} ${config2.problem}` };
  const helper = find2(config2.credHelpers, host) || config2.credsStore;
  if (helper) return askHelper(helper, host === "docker.io" ? HUB_KEY : host, env, bounds);
  const entry = find2(config2.auths, host);
  return entry ? { ...decodeEntry(entry, path), origin: path } : { origin: path };
}
async function readConfig(path) {
  try {
    const parsed = configSchema3.safeParse(JSON.parse(await readFile2(path, "utf8")));
    return parsed.success ? parsed.data : { problem: "does not have the form of docker's config" };
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return void 0;
    return { problem: code === void 0 ? "is not valid JSON" : `cannot be read (${code})` };
  }
}
function sameHost(key, host) {
  const bare = key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return (bare === "index.docker.io" || bare === "registry-1.docker.io" ? "docker.io" : bare) === host;
}
function find2(table2, host) {
  const entries = Object.entries(table2 ?? {});
  const exact = host === "docker.io" ? HUB_KEY : host;
  return (entries.find(([key]) => key === exact) ?? entries.find(([key]) => sameHost(key, host)))?.[1];
}
function decodeEntry(entry, path) {
  if (entry.registrytoken)
    return isToken(entry.registrytoken) ? { login: { registryToken: entry.registrytoken } } : { problem: `${path} holds a token that cannot be sent` };
  if (entry.identitytoken) return { login: { identityToken: entry.identitytoken } };
  if (!entry.auth) return {};
  const text = Buffer.from(entry.auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon <= 0) return { problem: `${path} holds a login that is not base64 of NAME:PASSWORD` };
  return { login: { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, "") } };
}
function isToken(text) {
  return /^[\x21-\x7e]+$/.test(text);
}
async function askHelper(helper, key, env, bounds) {
  const program = `docker-credential-${helper}`;
  if (!/^[\w.-]+$/.test(helper)) return { origin: program, problem: `${quote(program)} is no program's name` };
  const { end, output } = await runHelper(program, key, env, bounds);
  if (end === "ENOENT" || end === "EACCES") return { origin: program, problem: `${program} is not installed` };
  if (end !== "")
    return end.startsWith("failed") && /not found/i.test(output) ? { origin: program } : { origin: program, problem: `${program} ${end}` };
  try {
    const { Username, Secret } = helperSchema.parse(JSON.parse(output));
    if (Secret === "") return { origin: program };
    const login = Username === "<token>" ? { identityToken: Secret } : { username: Username, password: Secret };
    return { origin: program, login };
  } catch {
    return { origin: program, problem: `${program} answered something else than credentials` };
  }
}
function runHelper(program, key, env, { signal, seconds = HELPER_SECONDS }) {
  return new Promise((resolve3, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, ["get"], { env: { ...env }, stdio: ["pipe", "pipe", "ignore"] });
    let output = "";
    let stopped2;
    function stop(why) {
      stopped2 ??= why;
      child.kill("SIGKILL");
      child.stdout.destroy();
    }
    const timer = setTimeout(() => stop(`gave no answer within its ${seconds} seconds`), seconds * 1e3);
    const onAbort = () => stop("");
    signal?.addEventListener("abort", onAbort);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output.length > HELPER_BYTES) stop(`answered more than ${HELPER_BYTES / 1024} KiB`);
    });
    function settle2(end) {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      if (signal?.aborted) reject(signal.reason);
      else resolve3({ end: stopped2 ?? end, output });
    }
    child.on("error", (error) => settle2(errorCode(error) ?? "failed"));
    child.on("close", (code, ended) => settle2(code === 0 ? "" : `failed (${code ?? `ended by ${ended}`})`));
    child.stdin.on("error", () => {
    });
    child.stdin.end(key);
  });
}

// src/image/registry-challenge.ts
function parseChallenges(header) {
  const challenges = [];
  const word = /[\s,]*([\w!#$%&'*+.^`|~-]+)/y;
  const value = /\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  for (; ; ) {
    const name = word.exec(header)?.[1]?.toLowerCase();
    if (name === void 0) return challenges;
    value.lastIndex = word.lastIndex;
    const found = value.exec(header);
    if (found === null) {
      challenges.push({ scheme: name, parameters: /* @__PURE__ */ new Map() });
      continue;
    }
    word.lastIndex = value.lastIndex;
    challenges.at(-1)?.parameters.set(name, found[1]?.replace(/\\(.)/g, "$1") ?? found[2] ?? "");
  }
}

// src/image/registry-login.ts
var tokenSchema = object({
  token: optional(nullable(string2())),
  access_token: optional(nullable(string2()))
});
var TOKEN_BYTES = 256 * 1024;
async function authorize(header, context) {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer !== void 0) return `Bearer ${await fetchToken(bearer, context)}`;
  const found = await context.findLogin();
  if (!challenges.some(({ scheme }) => scheme === "basic"))
    throw new UserError(`registry ${context.name.host} wants a login of a kind that is not known here`);
  if (found.login === void 0) throw denied(context.name, found);
  if (!("password" in found.login))
    throw new UserError(
      `registry ${context.name.host} wants a user name and a password, ${found.origin} holds a token: run docker login again`
    );
  return basic(found.login);
}
function denied({ host, repository }, { login, origin, problem, stated }) {
  if (login !== void 0) {
    const without = stated === true ? "leave both out" : `run docker logout ${host}`;
    return new UserError(
      `registry ${host} refuses the login from ${origin} for ${repository}: check that it is right, not expired, and may read the image; a public image needs none, then ${without}`
    );
  }
  const trouble = problem === void 0 ? "" : ` (${problem})`;
  return new UserError(
    `registry ${host} gives ${repository} to nobody without a login${trouble}: run docker login ${host} first or state user name and password; a name that does not exist gets the same answer`
  );
}
function basic({ username, password }) {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
async function fetchToken({ parameters }, context) {
  const found = await context.findLogin();
  if (found.login !== void 0 && "registryToken" in found.login) return found.login.registryToken;
  const realm = checkRealm(parameters.get("realm") ?? "", context);
  const answer = await askToken(realm, parameters, found.login, context);
  const isRefused = answer.status === 401 || answer.status === 403 || answer.status === 400 && found.login !== void 0;
  if (answer.status !== 200) {
    answer.body.destroy();
    if (isRefused) throw denied(context.name, found);
    throw new UserError(
      `registry ${context.name.host} sends to ${context.hide(realm.host)} for a token, which answers ${answer.status}`
    );
  }
  const token = parseToken(await readBody(answer, TOKEN_BYTES));
  if (token === void 0)
    throw new UserError(`${context.hide(realm.host)}, which registry ${context.name.host} names, gave no token`);
  return token;
}
function checkRealm(text, { name, mayBePlain, hide: hide2 }) {
  const realm = URL.canParse(text) ? new URL(text) : void 0;
  if (realm === void 0)
    throw new UserError(`registry ${name.host} names no valid token server: ${quote(hide2(text))}`);
  const isSafe = realm.protocol === "https:" || realm.protocol === "http:" && mayBePlain(realm.host);
  if (!isSafe || realm.username !== "" || realm.password !== "")
    throw new UserError(
      `registry ${name.host} names a token server that is not used, because it is not HTTPS: ${quote(hide2(realm.origin))}`
    );
  return realm;
}
function askToken(realm, parameters, login, { name, agentFor, signal, idle, limits }) {
  const url = new URL(realm);
  const query = new URLSearchParams();
  const service = parameters.get("service");
  if (service !== void 0) query.set("service", service);
  query.set("scope", chooseScope(parameters.get("scope"), name));
  const request = { agent: agentFor(url), signal, idle, limits };
  if (login !== void 0 && "identityToken" in login) {
    query.set("grant_type", "refresh_token");
    query.set("refresh_token", login.identityToken);
    query.set("client_id", "netfilter-compat");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return sendRequest({ ...request, url, method: "POST", body: query.toString(), headers });
  }
  if (login !== void 0) query.set("account", login.username);
  for (const [key, value] of query) url.searchParams.set(key, value);
  return sendRequest({ ...request, url, headers: login === void 0 ? {} : { authorization: basic(login) } });
}
function chooseScope(wanted, { repository }) {
  return wanted === void 0 || wanted === "" || wanted.startsWith("repository:") ? `repository:${repository}:pull` : wanted;
}
function parseToken(data) {
  try {
    const { token, access_token } = tokenSchema.parse(JSON.parse(data?.toString("utf8") ?? ""));
    const found = token || access_token;
    return found && isToken(found) ? found : void 0;
  } catch {
    return void 0;
  }
}

// src/image/registry-name.ts
var HOST = /^(localhost|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?$/;
var REPOSITORY = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/;
var TAG = /^\w[\w.-]{0,127}$/;
var MAX_NAME = 255;
var DOCKER_HUB = /* @__PURE__ */ new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);
function parseRegistryName(text) {
  const { rest, digest } = splitDigest(text);
  const colon = rest.lastIndexOf(":");
  const hasTag = colon > rest.lastIndexOf("/");
  const tag = hasTag ? rest.slice(colon + 1) : "latest";
  const path = hasTag ? rest.slice(0, colon) : rest;
  const { host, repository } = splitHost(path);
  if (!isHost(host)) throw new UserError(`${quote(host)} is not the host of a registry`);
  if (repository.length > MAX_NAME || !REPOSITORY.test(repository))
    throw new UserError(
      `${quote(repository)} is not the name of a repository: lower-case letters, digits, and . _ - between them`
    );
  if (!TAG.test(tag)) throw new UserError(`${quote(tag)} is not a tag`);
  const isHub = DOCKER_HUB.has(host);
  return {
    host: isHub ? "docker.io" : host,
    apiHost: isHub ? "registry-1.docker.io" : host,
    repository: isHub && !repository.includes("/") ? `library/${repository}` : repository,
    reference: digest ?? tag,
    digest
  };
}
function isHost(text) {
  return HOST.test(text) && URL.canParse(`https://${text}/`);
}
function splitDigest(text) {
  const at = text.indexOf("@");
  if (at < 0) return { rest: text };
  const digest = text.slice(at + 1);
  if (parseDigest(digest) === void 0)
    throw new UserError(`${quote(digest)} is not a digest (sha256: and 64 hexadecimal digits)`);
  return { rest: text.slice(0, at), digest };
}
function splitHost(path) {
  const slash = path.indexOf("/");
  const first = slash < 0 ? "" : path.slice(0, slash);
  const isHost2 = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  if (!isHost2) return { host: "docker.io", repository: path };
  return { host: first.toLowerCase(), repository: path.slice(slash + 1) };
}
function isLoopback(host) {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || /^127(\.[0-9]{1,3}){3}$/.test(name) || name === "[::1]";
}
function parseInsecureRegistry(text) {
  const host = text.trim().toLowerCase();
  if (!isHost(host))
    throw new UserError(
      `--insecure-registry (input insecure-registries): ${quote(text)} is not the host of a registry: write HOST or HOST:PORT as in the image's name`
    );
  return DOCKER_HUB.has(host) ? "registry-1.docker.io" : host;
}

// src/image/registry-secrets.ts
function toPattern(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
function createSecrets() {
  const known = /* @__PURE__ */ new Set();
  function add(secret) {
    for (const form of [secret, encodeURIComponent(secret.toWellFormed())]) if (form !== "") known.add(form);
  }
  return {
    addAuthorization: (header) => add(header.slice(header.indexOf(" ") + 1)),
    addLogin({ login }) {
      if (login === void 0) return;
      if ("identityToken" in login) return add(login.identityToken);
      if ("registryToken" in login) return add(login.registryToken);
      add(login.password);
      add(Buffer.from(`${login.username}:${login.password}`).toString("base64"));
    },
    hide(text) {
      const longest = [...known].sort((a, b) => b.length - a.length);
      return longest.reduce((rest, secret) => rest.replace(new RegExp(toPattern(secret), "gi"), "***"), text);
    }
  };
}

// src/image/registry-client.ts
var MAX_FAILURES = 4;
var MAX_REDIRECTS = 5;
var MAX_WAIT = 30;
var ERROR_BYTES = 64 * 1024;
var FIRST_PAUSE = 300;
var errorsSchema = object({ errors: array(object({ code: string2(), message: optional(string2()) })) });
async function createRegistryClient(name, { limits, env, credentials, insecureRegistries = [], signal: whole }) {
  const timeout = AbortSignal.timeout(limits.networkSeconds * 1e3);
  const deadline = whole === void 0 ? timeout : AbortSignal.any([timeout, whole]);
  const idle = limits.idleSeconds * 1e3;
  const proxyEnv = { ...env };
  const HttpsAgent = loadHttps().Agent;
  const agents = {
    direct: {
      "http:": readingAgent(new import_node_http3.Agent({ keepAlive: true }), READ),
      "https:": readingAgent(new HttpsAgent({ keepAlive: true }), TLS_READ)
    },
    proxied: {
      "http:": readingAgent(new import_node_http3.Agent({ keepAlive: true, proxyEnv }), READ),
      "https:": readingAgent(new HttpsAgent({ keepAlive: true, proxyEnv }), TLS_READ)
    }
  };
  const insecure = insecureRegistries.map(parseInsecureRegistry);
  function mayBePlain(host) {
    return insecure.includes(host) || isLoopback(host) && isLoopback(name.apiHost);
  }
  function agentFor(url) {
    const protocol = url.protocol === "http:" ? "http:" : "https:";
    return (isLoopback(url.host) ? agents.direct : agents.proxied)[protocol];
  }
  let found;
  const secrets = createSecrets();
  function findOnce() {
    found ??= findLogin(name.host, credentials, env, { signal: deadline }).then((login) => {
      secrets.addLogin(login);
      return login;
    });
    return found;
  }
  let authorization;
  function join6(signal) {
    return signal === void 0 ? deadline : AbortSignal.any([deadline, signal]);
  }
  function judge2(error, failures, signal) {
    if (signal?.aborted) return signal.reason;
    if (whole?.aborted) return whole.reason;
    if (deadline.aborted) return exceeded("network-time", limits, `reading from registry ${name.host}`);
    const failure2 = describeConnection(error);
    if (failure2 === void 0) return error;
    if (failure2.passing && failures < MAX_FAILURES) return void 0;
    return new UserError(`registry ${name.host}: ${failure2.problem}${hintAtTls(error)}`, { cause: error });
  }
  function hintAtTls(error) {
    if (errorCode(error) !== "EPROTO" && !errorCode(error)?.startsWith("ERR_SSL_")) return "";
    return mayBePlain(name.apiHost) ? "" : `; it probably does not speak TLS, and without it only registries of this machine are read: if you trust the network, pass --insecure-registry ${name.host} (input insecure-registries)`;
  }
  async function pause(failures, signal, seconds = 0) {
    const time2 = Math.max(seconds * 1e3, FIRST_PAUSE * 2 ** (failures - 1));
    try {
      await wait(time2, void 0, { signal: join6(signal) });
    } catch (error) {
      throw judge2(error, failures, signal);
    }
  }
  async function findBase() {
    const secure = new URL(`https://${name.apiHost}/v2/`);
    if (!mayBePlain(name.apiHost)) return secure;
    try {
      const answer = await sendRequest({ url: secure, agent: agentFor(secure), signal: deadline, idle, limits });
      answer.body.destroy();
      return secure;
    } catch (error) {
      if (isWithoutTls(error, secure)) return new URL(`http://${name.apiHost}/v2/`);
      throw judge2(error, MAX_FAILURES, void 0);
    }
  }
  const base = await findBase();
  const isPlain = base.protocol === "http:";
  async function follow2(start, request, signal) {
    let url = start;
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const login = url.origin === base.origin && authorization !== void 0 ? { authorization } : {};
      const headers = { ...request.headers, ...login };
      const answer = await sendRequest({ url, headers, agent: agentFor(url), signal, idle, limits });
      if (![301, 302, 303, 307, 308].includes(answer.status)) return { ...answer, url };
      answer.body.destroy();
      url = resolveRedirect(url, answer.header("location"));
    }
    throw new UserError(`registry ${name.host} redirects more than ${MAX_REDIRECTS} times for ${request.what}`);
  }
  function resolveRedirect(from, location) {
    const url = location !== void 0 && URL.canParse(location, from.href) ? new URL(location, from) : void 0;
    const isAllowed = url?.protocol === "https:" || url?.protocol === "http:" && isPlain && mayBePlain(url.host);
    if (url === void 0 || !isAllowed)
      throw new UserError(
        `registry ${name.host} redirects to ${url === void 0 ? "no valid address" : quote(secrets.hide(`${url.protocol}//${url.host}`))}, which is not HTTPS`
      );
    url.username = "";
    url.password = "";
    return url;
  }
  const context = {
    name,
    mayBePlain: (host) => isPlain && mayBePlain(host),
    findLogin: findOnce,
    hide: secrets.hide,
    agentFor,
    idle,
    limits
  };
  async function get(request) {
    const signal = join6(request.signal);
    const url = new URL(`${name.repository}/${request.path}`, base);
    let mayLogIn = true;
    for (let failures = 1; ; failures++) {
      try {
        const answer = await follow2(url, request, signal);
        if (answer.status === 200 || answer.status === 206) return answer;
        const isOwn = answer.url.origin === base.origin;
        if (answer.status === 401 && isOwn && mayLogIn) {
          answer.body.destroy();
          mayLogIn = false;
          authorization = await authorize(answer.header("www-authenticate") ?? "", { ...context, signal });
          secrets.addAuthorization(authorization);
          failures--;
          continue;
        }
        const seconds = waitFor(answer);
        if (seconds === void 0 || seconds > MAX_WAIT || failures >= MAX_FAILURES)
          throw await describeAnswer2(answer, request.what, isOwn ? void 0 : answer.url.host);
        answer.body.destroy();
        await pause(failures, request.signal, seconds);
      } catch (error) {
        const judged = judge2(error, failures, request.signal);
        if (judged !== void 0) throw judged;
        await pause(failures, request.signal);
      }
    }
  }
  async function describeAnswer2(answer, what, elsewhere) {
    const { status } = answer;
    const detail = await readDetail(answer, secrets);
    if (elsewhere !== void 0)
      return new UserError(
        `registry ${name.host} sends to ${secrets.hide(elsewhere)} for ${what}, which answers ${status}: try again`
      );
    if (status === 401) return denied(name, await findOnce());
    if (status === 403)
      return new UserError(
        `registry ${name.host} forbids reading ${name.repository}${detail}: the login needs the right to read it`
      );
    if (status === 404) return new UserError(`registry ${name.host} has no ${what} of ${name.repository}${detail}`);
    if (status === 429) {
      const seconds = retryAfter(answer);
      const when = seconds === void 0 ? "later" : `in ${seconds} seconds`;
      const hint2 = (await findOnce()).login === void 0 ? ", or log in: many registries give more to who does" : "";
      return new UserError(`registry ${name.host} limits the number of requests${detail}: try again ${when}${hint2}`);
    }
    const hint = status >= 500 ? ": try again later" : "";
    return new UserError(`registry ${name.host} answers ${status} for ${what}${detail}${hint}`);
  }
  async function read(request, limit) {
    for (let failures = 1; ; failures++) {
      const answer = await get(request);
      try {
        const data = await readBody(answer, limit);
        if (data === void 0)
          throw exceeded("document-size", { ...limits, jsonBytes: limit }, `registry ${name.host}: ${request.what}`);
        return { data, answer };
      } catch (error) {
        const judged = judge2(error, failures, request.signal);
        if (judged !== void 0) throw judged;
        await pause(failures, request.signal);
      }
    }
  }
  return {
    name,
    get,
    read,
    judge: judge2,
    pause: (failures, signal) => pause(failures, signal),
    close() {
      for (const pair of [agents.direct, agents.proxied]) for (const agent of Object.values(pair)) agent.destroy();
    }
  };
}
function isWithoutTls(error, { port }) {
  const code = errorCode(error);
  if (code === "ECONNREFUSED") return port === "";
  return code === "EPROTO" || code === "ECONNRESET" || code?.startsWith("ERR_SSL_") === true;
}
function waitFor(answer) {
  const { status } = answer;
  const after = retryAfter(answer) ?? 0;
  if (status === 429) return after;
  return status === 500 || status >= 502 && status <= 504 || status === 408 ? Math.min(after, MAX_WAIT) : void 0;
}
function retryAfter(answer) {
  const text = answer.header("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const time2 = /^[A-Z][a-z]+, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time2) ? void 0 : Math.max(0, Math.ceil((time2 - Date.now()) / 1e3));
}
async function readDetail(answer, { hide: hide2 }) {
  try {
    const body = await readBody(answer, ERROR_BYTES);
    const [first] = errorsSchema.parse(JSON.parse(body?.toString("utf8") ?? "")).errors;
    return first === void 0 ? "" : ` (${quote(hide2(first.message || first.code))})`;
  } catch {
    return "";
  }
}

// src/image/toc/plan.ts
var MAX_GAP = 64 * 1024;
var MAX_RANGES = 2e3;
var MAX_RANGE = 4 * 2 ** 20;
var MAX_CHUNK = 16 * 2 ** 20;
function planRanges(segments) {
  const sorted = segments.filter(({ chunk }) => !chunk.zeros).sort(byPlace);
  const ranges = [];
  for (const segment of sorted) {
    const { offset, end, size } = segment.chunk;
    if (end - offset > MAX_CHUNK || size > MAX_CHUNK) throw new TocProblem("its chunks are too large");
    const last = ranges.at(-1);
    const fits = last !== void 0 && offset - last.to <= MAX_GAP && end - last.from <= MAX_RANGE;
    const isSame2 = last !== void 0 && offset < last.to;
    if (last !== void 0 && (fits || isSame2)) {
      last.to = Math.max(last.to, end);
      if (last.to - last.from > 2 * MAX_CHUNK) throw new TocProblem("its chunks lie on each other");
      last.segments.push(segment);
    } else ranges.push({ from: offset, to: end, segments: [segment] });
  }
  if (ranges.length > MAX_RANGES) throw new TocProblem("what is wanted lies scattered over it");
  requireOrder(sorted);
  return ranges;
}
function sumBytes2(ranges) {
  return ranges.reduce((total, { from, to }) => total + to - from, 0);
}
function byPlace(a, b) {
  return a.chunk.offset - b.chunk.offset || a.chunk.inner - b.chunk.inner;
}
function requireOrder(sorted) {
  const done = /* @__PURE__ */ new Set();
  const next = /* @__PURE__ */ new Map();
  let present;
  for (const { file, chunk } of sorted) {
    if (file !== present && present !== void 0) done.add(present);
    present = file;
    const index = file.chunks.indexOf(chunk, next.get(file) ?? 0);
    if (done.has(file) || index < 0) throw new TocProblem("its chunks are not in order");
    next.set(file, index + 1);
  }
}

// src/image/toc/unpack.ts
import { createHash as createHash6 } from "node:crypto";
import { createGunzip as createGunzip2, createZstdDecompress as createZstdDecompress2, gunzipSync as gunzipSync2, zstdDecompressSync as zstdDecompressSync3 } from "node:zlib";
var SMALL = 64 * 1024;
var SLACK = 64 * 1024;
async function unpackChunk(stored, chunk, format) {
  const needed = chunk.inner + chunk.size;
  const unpacked = (needed <= SMALL ? unpackSmall(stored, needed, format) : void 0) ?? await unpackPart(stored, needed, format);
  const content = unpacked.subarray(chunk.inner, needed);
  const { algorithm, hex } = requireDigest(chunk.digest);
  if (content.length !== chunk.size || createHash6(algorithm).update(content).digest("hex") !== hex)
    throw new TocProblem("a chunk of it has another digest than its table of contents says");
  return content;
}
function unpackSmall(stored, needed, format) {
  const options = { maxOutputLength: needed + SLACK };
  try {
    return format === "eStargz" ? gunzipSync2(stored, options) : zstdDecompressSync3(stored, options);
  } catch (error) {
    if (errorCode(error) === "ERR_BUFFER_TOO_LARGE") return void 0;
    throw damaged2(error);
  }
}
async function unpackPart(stored, needed, format) {
  const chunkSize = 256 * 1024;
  const engine = format === "eStargz" ? createGunzip2({ chunkSize }) : createZstdDecompress2({ chunkSize });
  engine.end(stored);
  const pieces = [];
  let size = 0;
  try {
    for await (const piece of engine) {
      pieces.push(piece);
      size += piece.length;
      if (size >= needed) break;
    }
  } catch (error) {
    throw damaged2(error);
  }
  return Buffer.concat(pieces);
}
function damaged2(error) {
  const code = errorCode(error) ?? "";
  return /^(Z_|ZSTD_|ERR_)/.test(code) ? new TocProblem("a chunk of it cannot be unpacked", { cause: error }) : error;
}

// src/image/toc/scan.ts
var MOST = 0.6;
var RANGES_AHEAD = 4;
var ZEROS2 = Buffer.alloc(64 * 1024);
async function scanByToc(layer, read, options) {
  let bytesRead = 0;
  const counted = async (from, length) => {
    const data = await read(from, length);
    bytesRead += data.length;
    options.progress?.bytes(data.length);
    return data;
  };
  const { json, dataEnd } = await fetchToc(layer.pointer, layer.size, counted, options.limits);
  const takeBytes = createByteCounter(options);
  const deferred = deferSinks(options.probe);
  const changes = createChangeCollector({ ...options, probe: deferred.probe }, takeBytes);
  const wanted = [];
  for (const file of parseToc(json, dataEnd)) {
    const { name, linkname } = file.member;
    if (Math.max(name.length, linkname.length) > options.limits.pathBytes)
      throw new TocProblem("it has too long a path");
    const consumer = changes.onMember(file.member);
    if (consumer !== void 0) wanted.push({ file, consumer, restart: deferred.restart(), fed: 0, done: false });
  }
  const reader2 = createChunkReader(layer, counted, { takeBytes, signal: options.signal });
  await readWanted(wanted, reader2, (more) => {
    if (bytesRead + more > MOST * layer.size) throw new TocProblem("most of it is wanted");
  });
  const { format, digest: toc } = layer.pointer;
  const partial2 = { format, toc, chunks: reader2.count(), bytesRead, size: layer.size };
  const compression = format === "eStargz" ? "gzip" : "zstd";
  return { ...changes.finish(layer.digest), diffId: void 0, compression, partial: partial2 };
}
function deferSinks(probe) {
  let last = () => {
  };
  return {
    probe(file) {
      const first = probe(file);
      if (first === void 0) return void 0;
      const { write: _, end: __, ...marks } = first;
      let sink;
      function open4() {
        sink ??= probe(file);
        return sink;
      }
      last = () => {
        sink = void 0;
      };
      return { ...marks, write: (chunk) => open4()?.write(chunk) === true, end: () => open4()?.end() };
    },
    restart: () => last
  };
}
async function readWanted(wanted, reader2, requireFew) {
  const byFile = new Map(wanted.map((one) => [one.file, one]));
  const unfinished = () => wanted.filter(({ done }) => !done);
  const isDone = (file) => byFile.get(file)?.done === true;
  async function read(ranges) {
    requireFew(sumBytes2(ranges));
    await reader2.read(ranges, isDone, ({ file, chunk }, content) => {
      const one = byFile.get(file);
      if (one !== void 0) feed(one, chunk, content);
    });
  }
  for (const one of wanted) feedZeros(one);
  await read(planRanges(unfinished().flatMap(({ file }) => toSegments(file).slice(0, 1))));
  for (const one of unfinished()) {
    one.restart();
    one.fed = 0;
    feedZeros(one);
  }
  await read(planRanges(unfinished().flatMap(({ file }) => toSegments(file))));
  if (unfinished().length > 0) throw new Error("a file was not read to its end");
}
function toSegments(file) {
  return file.chunks.filter(({ zeros }) => !zeros).map((chunk) => ({ file, chunk }));
}
function feed(one, chunk, content) {
  if (one.done) return;
  if (one.file.chunks[one.fed] !== chunk) throw new TocProblem("its chunks are not in order");
  one.fed++;
  if (!one.consumer.write(content)) finish(one);
  else feedZeros(one);
}
function feedZeros(one) {
  for (let chunk = one.file.chunks[one.fed]; !one.done; chunk = one.file.chunks[++one.fed]) {
    if (chunk === void 0) finish(one);
    else if (!chunk.zeros) return;
    else
      for (let left = chunk.size; left > 0 && !one.done; left -= ZEROS2.length)
        if (!one.consumer.write(ZEROS2.subarray(0, Math.min(left, ZEROS2.length)))) finish(one);
  }
}
function finish(one) {
  one.done = true;
  one.consumer.end();
}
function createChunkReader({ pointer }, read, { takeBytes, signal }) {
  let verified = 0;
  async function takeRange({ from, segments }, data, isDone, take) {
    for (const segment of segments) {
      signal?.throwIfAborted();
      const { file, chunk } = segment;
      if (isDone(file)) continue;
      takeBytes(chunk.inner + chunk.size);
      const content = await unpackChunk(data.subarray(chunk.offset - from, chunk.end - from), chunk, pointer.format);
      verified++;
      take(segment, content);
    }
  }
  return {
    async read(ranges, isDone, take) {
      const ahead = [];
      function fetch(index) {
        const range = ranges[index];
        if (range === void 0) return;
        const isNeeded = range.segments.some(({ file }) => !isDone(file));
        const fetched = isNeeded ? read(range.from, range.to - range.from) : Promise.resolve(void 0);
        fetched.catch(() => {
        });
        ahead[index] = fetched;
      }
      for (let i = 0; i < RANGES_AHEAD; i++) fetch(i);
      for (const [i, range] of ranges.entries()) {
        const data = await ahead[i];
        ahead[i] = void 0;
        fetch(i + RANGES_AHEAD);
        if (data !== void 0) await takeRange(range, data, isDone, take);
      }
    },
    count: () => verified
  };
}

// src/image/registry.ts
var MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json"
];
async function openRegistry(text, options, { env, credentials, insecureRegistries, lazy = false, platforms }) {
  const name = parseRegistryName(text);
  const client = await createRegistryClient(name, {
    limits: options.limits,
    env,
    credentials,
    insecureRegistries,
    signal: options.signal
  });
  try {
    const store = createRegistryStore(client, options, lazy);
    const root = await store.resolve();
    const isAsked = (platform) => platforms.length === 0 || platforms.some((one) => matchesPlatform(platform, one));
    const image = await readOciDigest(store, root, options, isAsked);
    const separator = name.digest === void 0 ? ":" : "@";
    const shown = `${name.host}/${name.repository}${separator}${name.reference}`;
    return { store, images: [{ ...image, names: [shown] }] };
  } catch (error) {
    client.close();
    throw error;
  }
}
function createRegistryStore(client, { limits, budget }, lazy) {
  const manifests = /* @__PURE__ */ new Set();
  const blobs = /* @__PURE__ */ new Map();
  const whole = /* @__PURE__ */ new Map();
  let root;
  async function read(request) {
    const result = await client.read(request, limits.jsonBytes);
    spend(budget, "documentBytes", result.data.length, limits);
    return result;
  }
  async function readManifest(reference) {
    const what = `manifest ${reference}`;
    const result = await read({ path: `manifests/${reference}`, what, headers: { accept: MANIFEST_TYPES.join(", ") } });
    refuseOtherType(what, result.answer.header("content-type"), result.data);
    return result;
  }
  async function resolve3() {
    const { digest, reference } = client.name;
    const { data, answer } = await readManifest(reference);
    const stated = digest ?? answer.header("docker-content-digest") ?? "";
    const actual = digestOf(data, parseDigest(stated)?.algorithm);
    if (parseDigest(stated) !== void 0 && stated !== actual)
      throw new UserError(`manifest ${reference} has another digest than ${stated}: ${actual}`);
    root = { digest: actual, data };
    note(data);
    manifests.add(actual);
    return actual;
  }
  function note(data) {
    const document = parseLoosely(data);
    for (const { digest } of listDescriptors(document, "manifests")) manifests.add(digest);
    for (const { digest, size, pointer } of [
      ...listDescriptors(document, "layers"),
      ...listDescriptors(document, "config")
    ]) {
      const known = blobs.get(digest);
      const isSame2 = known === void 0 || JSON.stringify(known.pointer) === JSON.stringify(pointer);
      blobs.set(digest, { size: size ?? known?.size, pointer: isSame2 ? pointer : void 0 });
    }
  }
  async function scanPart(digest, options) {
    const { size, pointer } = blobs.get(digest) ?? {};
    if (!lazy || size === void 0 || pointer === void 0 || whole.has(digest)) return void 0;
    const budget2 = { ...options.budget };
    const start = { ...budget2 };
    try {
      const read2 = (from, length) => readRegistryRange(client, digest, { from, length, signal: options.signal });
      const scan = await scanByToc({ digest, size, pointer }, read2, { ...options, budget: budget2 });
      for (const key of Object.keys(start)) {
        options.budget[key] -= start[key] - budget2[key];
        if (options.budget[key] < 0) throw new TocProblem("the image exceeds a limit");
      }
      return scan;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof TocProblem) && !(error instanceof UserError)) throw error;
      whole.set(digest, error.message);
      return void 0;
    }
  }
  const store = {
    resolve: resolve3,
    // Asking for each layer whether it is there would cost a request each; reading it tells.
    has: async (blob) => toDigest(blob) !== void 0 && blobs.has(toDigest(blob) ?? ""),
    async readDocument(blob) {
      const digest = toDigest(blob);
      if (digest === void 0) return void 0;
      if (digest === root?.digest) return root.data;
      if (!manifests.has(digest)) return (await read({ path: `blobs/${digest}`, what: `blob ${digest}` })).data;
      const { data } = await readManifest(digest);
      if (digestOf(data, requireDigest(digest).algorithm) === digest) note(data);
      return data;
    },
    digestOf: async (blob) => toDigest(blob),
    async scan(blob, options) {
      const digest = toDigest(blob);
      if (digest === void 0) throw new Error(`no digest: ${blob}`);
      const part = await scanPart(digest, options);
      if (part !== void 0) return part;
      const scan = await scanWhole(readRegistryBlob(client, digest, blobs.get(digest)?.size, options.signal), options);
      const reason = whole.get(digest);
      return reason === void 0 ? scan : { ...scan, whole: reason };
    },
    close: async () => client.close()
  };
  return store;
}
function refuseOtherType(what, header, data) {
  const served = header?.split(";")[0]?.trim().toLowerCase() ?? "";
  const own2 = parseLoosely(data).mediaType;
  const isKnown = MANIFEST_TYPES.includes(served) && typeof own2 === "string" && MANIFEST_TYPES.includes(own2);
  if (isKnown && own2 !== served)
    throw new UserError(
      `${what} calls itself ${own2}, its registry calls it ${served}: programs differ in which of them counts`
    );
}
function parseLoosely(data) {
  try {
    const document = JSON.parse(data.toString("utf8"));
    return typeof document === "object" && document !== null ? document : {};
  } catch {
    return {};
  }
}
function toDigest(blob) {
  const [, algorithm, hex] = /^blobs\/(\w+)\/(\w+)$/.exec(blob) ?? [];
  const digest = `${algorithm}:${hex}`;
  return parseDigest(digest) === void 0 ? void 0 : digest;
}
function listDescriptors(document, field2) {
  const value = document[field2];
  return (Array.isArray(value) ? value : [value]).flatMap((item) => {
    if (typeof item !== "object" || item === null) return [];
    const { digest, size, annotations } = item;
    if (typeof digest !== "string") return [];
    const isSize = typeof size === "number" && Number.isSafeInteger(size) && size >= 0;
    return [{ digest, size: isSize ? size : void 0, pointer: findTocPointers(toTexts(annotations))[0] }];
  });
}
function toTexts(annotations) {
  if (typeof annotations !== "object" || annotations === null) return {};
  const texts = Object.entries(annotations).filter((entry) => typeof entry[1] === "string");
  return Object.fromEntries(texts);
}

// src/image/open-source.ts
async function openSource(reference, options, access) {
  switch (reference.transport) {
    case "docker-archive":
    case "oci-archive":
      return openArchive(reference.path, reference.transport, reference.name, options);
    case "oci":
      return openLayout(reference, options);
    case "path":
      return openPath(reference, options);
    case "docker-daemon": {
      const opened2 = await openDaemon(reference.name, options, access);
      if ("absent" in opened2) throw new UserError(opened2.absent);
      return { ...opened2, name: void 0 };
    }
    case "registry":
      return { ...await openRegistry(reference.name, options, access), name: void 0 };
    case "name":
      return openName(reference, options, access);
  }
}
async function openName({ name, registry }, options, access) {
  const daemon = await openDaemon(name, options, access);
  if (!("absent" in daemon)) return { ...daemon, name: void 0 };
  const tried = ["file: there is none of that name", `daemon: ${daemon.absent}`];
  if (!registry)
    throw new UserError(
      `not found (${[...tried, "registry: not tried, because the name does not begin with a registry's host"].join("; ")}); for an image of Docker Hub write docker://${name}`
    );
  try {
    const { store, images } = await openRegistry(name, options, access);
    const note = `read from the registry; daemon: ${daemon.absent}`;
    return { store, images: images.map((image) => ({ ...image, notes: [...image.notes, note] })), name: void 0 };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`not found (${[...tried, `registry: ${error.message}`].join("; ")})`, { cause: error });
  }
}
async function openPath(reference, options) {
  const isDirectory2 = (await stat2(reference.path)).isDirectory();
  if (isDirectory2) return openLayout(reference, options);
  if (reference.digest !== void 0) throw new UserError("a digest can be asked of an OCI layout in a directory only");
  return openArchive(reference.path, "any", reference.name, options);
}
async function openLayout({ path, name, digest }, options) {
  if (!(await stat2(path)).isDirectory()) throw new UserError("it is no directory: pass oci-archive:PATH for a file");
  const store = openLayoutDirectory(path, options);
  if (digest !== void 0) {
    return { store, images: [await readOciDigest(store, digest, options)], name: void 0 };
  }
  const listing = await readOciImages(store, options);
  if (listing !== void 0) return { store, images: requireImages(listing), name };
  const hint = await store.has("manifest.json") ? ": it looks like an unpacked docker archive, pack it with tar" : "";
  throw new UserError(`it is no OCI image layout: index.json is missing${hint}`);
}
async function openArchive(path, form, name, options) {
  const store = await openArchiveStore(path, options);
  try {
    return { store, images: await listArchiveImages(store, form, options), name };
  } catch (error) {
    await store.close();
    throw error;
  }
}
async function openArchiveStore(path, options) {
  const found = await stat2(path);
  if (found.isDirectory()) throw new UserError("it is a directory: pass oci:DIR for an OCI layout");
  const stream = () => createReadStream(path, { highWaterMark: 512 * 1024, signal: options.signal });
  if (found.isFIFO())
    return openArchiveStream(
      onlyOnce(() => readPipe(path, options)),
      options,
      { once: true }
    );
  if (!found.isFile()) return openArchiveStream(onlyOnce(stream), options, { once: true });
  const handle = await open2(path);
  try {
    if (found.size === 0) throw new UserError("it is empty");
    if (await sniffFile(handle) === "none") return await openArchiveFile(handle, options);
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return openArchiveStream(stream, options);
}
function readPipe(path, { signal }) {
  const fd = openSync4(path, constants2.O_RDONLY | constants2.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false, ...signal === void 0 ? {} : { signal } });
}
async function sniffFile(handle) {
  const head = Buffer.alloc(4);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return sniffCompression(head.subarray(0, bytesRead));
}
function onlyOnce(begin) {
  let begun = false;
  return () => {
    if (begun) throw new UserError("it must be read a second time, which a pipe cannot: pass a file");
    begun = true;
    return begin();
  };
}
function pathExists(path) {
  return existsSync2(path);
}
function describeTagHint(reference) {
  if (!("path" in reference)) return "";
  const colon = reference.path.lastIndexOf(":");
  if (colon <= 0 || existsSync2(reference.path) || !existsSync2(reference.path.slice(0, colon))) return "";
  return `; to pick an image of an archive write ${quote(`${reference.path.slice(0, colon)}#NAME:TAG`)}`;
}

// src/image/pool.ts
async function mapConcurrently(items, concurrency, task) {
  const results = [];
  const controller = new AbortController();
  let failure2;
  let next = 0;
  async function work() {
    while (next < items.length && failure2 === void 0) {
      const index = next++;
      try {
        results[index] = await task(items[index], controller.signal);
      } catch (error) {
        failure2 ??= { error };
        controller.abort();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  if (failure2 !== void 0) throw failure2.error;
  return results;
}

// src/image/reference.ts
var OTHER_TRANSPORTS = ["containers-storage", "dir", "ostree", "sif", "tarball", "containerd", "atomic"];
function parseReference(text, exists) {
  const reference = text.trim();
  if (reference === "") throw new UserError("an image reference is empty");
  refuseLogin(reference, exists);
  const registry = /^docker:\/\/(.+)$/.exec(reference)?.[1];
  if (registry !== void 0) return { transport: "registry", name: registry };
  const [, transport, rest = ""] = /^([a-z-]+):(.*)$/s.exec(reference) ?? [];
  if (transport === "docker-archive" || transport === "oci-archive")
    return { transport, ...splitName(requireRest(rest, reference), exists) };
  if (transport === "oci") return { transport, ...splitDigest2(requireRest(rest, reference), exists) };
  if (transport === "docker-daemon") return { transport, name: requireRest(rest, reference) };
  if (transport !== void 0 && OTHER_TRANSPORTS.includes(transport) && /^[./[]/.test(rest)) throw unknown2(reference);
  if (/^docker:(.*\/|$)/.test(reference) || /^[a-z-]+:\/\//.test(reference)) throw unknown2(reference);
  if (looksLikePath(reference, exists)) return { transport: "path", ...splitDigest2(reference, exists) };
  return { transport: "name", name: reference, registry: isRegistryName(reference) };
}
function refuseLogin(reference, exists) {
  const [, transport = "", rest] = /^((?:[a-z-]+:)?(?:\/\/)?)[^/@\s]+:\S*@([^/@\s]+\/.*)$/s.exec(reference) ?? [];
  if (rest === void 0 || exists(reference)) return;
  throw new UserError(
    `${quote(`${transport}...@${rest}`)}: a login does not belong into the name of an image: use docker login, or the inputs registry-username and registry-password`
  );
}
function looksLikePath(text, exists) {
  const path = text.replace(/#[^#]*$/, "");
  return /^[./]/.test(text) || /\.(tar|tar\.gz|tgz)$/.test(path) || exists(text) || exists(path);
}
function isRegistryName(name) {
  const host = name.includes("/") ? name.slice(0, name.indexOf("/")) : "";
  return /[.:]/.test(host) || host === "localhost" || /@sha(256|512):[0-9a-f]+$/.test(name);
}
function splitName(text, exists) {
  const hash = text.lastIndexOf("#");
  if (hash < 0 || exists(text)) return { path: text };
  const name = text.slice(hash + 1);
  if (hash === 0 || name === "") throw new UserError(`${quote(text)}: expected PATH#NAME:TAG`);
  return { path: text.slice(0, hash), name };
}
function splitDigest2(text, exists) {
  const at = text.lastIndexOf("@");
  if (at <= 0 || !text.slice(at + 1).startsWith("sha") || exists(text)) return splitName(text, exists);
  const digest = text.slice(at + 1);
  if (!/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest))
    throw new UserError(`${quote(text)}: ${quote(digest)} is not a digest (sha256: and 64 hexadecimal digits)`);
  return { path: text.slice(0, at), digest };
}
function requireRest(rest, reference) {
  if (rest === "") throw new UserError(`${quote(reference)}: nothing follows the transport`);
  return rest;
}
function unknown2(reference) {
  return new UserError(
    `${quote(reference)}: unknown transport; known are docker-archive:PATH, oci-archive:PATH, oci:DIR, docker-daemon:NAME and docker://NAME`
  );
}

// src/image/open-images.ts
var LAYERS_AT_ONCE = 2;
async function useImages(reference, options, use) {
  const limits = { ...defaultLimits, ...options.limits };
  const { probe, progress } = options;
  const deadline = options.deadline ?? createDeadline(limits);
  const scanOptions = {
    probe,
    limits,
    budget: createBudget(limits),
    again: createBudget(limits),
    deadline,
    signal: deadline.signal,
    progress
  };
  const asked = (options.platforms ?? []).map(parsePlatform);
  const parsed = parseReference(reference, pathExists);
  try {
    const { store, images, name } = await openSource(parsed, scanOptions, {
      env: options.env ?? process.env,
      credentials: options.credentials,
      insecureRegistries: options.insecureRegistries,
      lazy: options.lazy,
      platforms: asked
    });
    try {
      const picked = pickImages(images, name);
      const several = images.length > 1 && name === void 0;
      const chosen = picked.map((image) => ({
        reference: several ? `${reference}#${displayName(image)}` : reference,
        digest: image.digest,
        ...choosePlatforms(image, asked)
      }));
      return await readImages2(store, chosen, scanOptions, use);
    } finally {
      await store.close();
    }
  } catch (error) {
    const hint = describeTagHint(parsed);
    const located = locate(deadline.signal.aborted ? deadline.signal.reason : error, reference);
    throw hint !== "" && located instanceof UserError && !isLimit(located) ? new UserError(`${located.message}${hint}`) : located;
  }
}
async function readImages2(store, chosen, options, { recall: recall2, read }) {
  const all = new Set(chosen.flatMap(({ platforms }) => platforms));
  if (all.size > options.limits.platforms) throw exceeded("platforms", options.limits);
  const known = recall2 === void 0 ? /* @__PURE__ */ new Map() : await recallPlatforms(store, all, recall2, options);
  const unknown3 = [...all].filter((platform) => !known.has(platform));
  const scans = await scanLayers(
    store,
    unknown3.flatMap((platform) => platform.layers),
    options
  );
  const used = [];
  for (const { reference, digest, platforms, notes } of chosen) {
    const results = [];
    for (const platform of platforms) {
      const result = known.get(platform) ?? read(await readPlatform(store, platform, scans, options));
      options.deadline.check();
      results.push({ platform: platform.platform, result, notes: [...notes, ...platform.notes] });
    }
    used.push({ reference, digest, platforms: results });
  }
  return used;
}
async function recallPlatforms(store, platforms, recall2, { signal }) {
  const digests = /* @__PURE__ */ new Map();
  async function has({ blob, digest }, expected) {
    const algorithm = parseDigest(expected)?.algorithm;
    if (algorithm === void 0 || digest !== void 0 && digest !== expected) return false;
    const key = `${algorithm} ${blob}`;
    if (!digests.has(key)) digests.set(key, await store.digestOf(blob, algorithm, signal));
    return digests.get(key) === expected;
  }
  const known = /* @__PURE__ */ new Map();
  for (const platform of platforms) {
    const { layers } = platform;
    const recalled = layers.every(({ toc }) => toc === void 0) ? recall2(platform) : void 0;
    if (recalled === void 0 || recalled.layers.length !== layers.length) continue;
    let isSame2 = true;
    for (const [i, layer] of layers.entries()) isSame2 &&= await has(layer, recalled.layers[i] ?? "");
    if (isSame2) known.set(platform, recalled.result);
  }
  return known;
}
function choosePlatforms(image, asked) {
  const isAsked = (platform) => asked.length === 0 || asked.some((one) => matchesPlatform(platform, one));
  const notes = [...image.notes];
  const platforms = [];
  for (const one of asked) {
    if (image.platforms.some(({ platform }) => matchesPlatform(platform, one))) continue;
    const known = image.platforms.map(({ platform }) => quotePlain(platform)).join(", ");
    throw new UserError(`${quotePlain(displayName(image))} has no ${one}; it has ${known || "no platform at all"}`);
  }
  for (const platform of image.platforms) {
    if (!isAsked(platform.platform)) continue;
    if (!isBroken(platform)) platforms.push(platform);
    else if (asked.length === 0 && platform.optional === true)
      notes.push(`${quotePlain(platform.platform)} was not inspected: ${platform.problem.message}`);
    else throw platform.problem;
  }
  if (platforms.length === 0) throw new UserError(`${quotePlain(displayName(image))} holds no image`);
  return { platforms, notes };
}
async function scanLayers(store, layers, options) {
  const distinct2 = [...new Map(layers.map((layer) => [keyOf(layer), layer])).values()];
  options.progress?.found(distinct2.length);
  const scans = await mapConcurrently(distinct2, LAYERS_AT_ONCE, async (layer, signal) => {
    const signals = options.signal === void 0 ? [signal] : [signal, options.signal];
    const scan = await scanOne(store, layer, { ...options, signal: AbortSignal.any(signals) });
    options.progress?.layer();
    return scan;
  });
  return new Map(distinct2.map((layer, i) => [keyOf(layer), scans[i]]));
}
function keyOf({ blob, toc }) {
  return toc === void 0 ? blob : `${blob} ${JSON.stringify(toc)}`;
}
async function scanOne(store, layer, options) {
  try {
    const asked = {
      ...options,
      toc: layer.toc,
      digestAlgorithm: layer.digest === void 0 ? "sha256" : requireDigest(layer.digest).algorithm,
      diffIdAlgorithm: requireDigest(layer.diffId).algorithm
    };
    const scan = await store.scan(layer.blob, asked);
    const piece = scan.table?.kind === "unclear" ? scan.table.piece : void 0;
    return piece === void 0 ? scan : await store.scan(layer.blob, { ...asked, piece, budget: createBudget(options.limits) });
  } catch (error) {
    throw locate(error, describeLayer(layer));
  }
}
async function readPlatform(store, platform, scans, options) {
  const layers = platform.layers.map((layer) => {
    const scan = scans.get(keyOf(layer));
    verify(layer, scan);
    return { source: layer, scan };
  });
  const merged = mergeLayers(
    layers.map(({ scan }) => scan),
    options
  );
  await readAliases(store, layers, merged.aliases, options);
  const doubts = [...layers.flatMap(({ scan }) => describeDoubt(scan)), ...merged.doubts];
  return {
    platform: platform.platform,
    configDigest: platform.configDigest,
    config: platform.config,
    layers: layers.map(({ source, scan }) => ({
      digest: scan.digest,
      diffId: source.diffId,
      mediaType: source.mediaType || mediaTypes[scan.compression],
      ...scan.partial === void 0 ? {} : { partial: scan.partial }
    })),
    tree: merged.tree,
    ...doubts.length === 0 ? {} : { doubts },
    notes: [
      ...layers.flatMap(({ scan }) => describeReading(scan)),
      ...merged.doubts.map(({ fact, reason }) => `${fact}: ${reason}`),
      ...merged.notes
    ]
  };
}
function describeReading(scan) {
  const { digest, partial: partial2, whole, table: table2 } = scan;
  const doubts = describeDoubt(scan).map(({ fact, reason }) => `${fact}: ${reason}`);
  if (table2?.kind === "useless")
    doubts.push(`the manifest names a table of contents of layer ${digest} that nobody can read it by: ${table2.how}`);
  if (partial2 !== void 0) {
    const { format, toc, chunks, bytesRead, size } = partial2;
    const part = Math.ceil(bytesRead / size * 100);
    const parts = chunks === 1 ? "1 chunk" : `${chunks} chunks`;
    return [
      `layer ${digest} was read by its table of contents (${format}, ${part} % of its bytes): verified are the table (${toc}) and ${parts} of files by their digests, not the digests of the layer and of its tar`
    ];
  }
  if (whole === void 0) return doubts;
  return [...doubts, `layer ${digest} was read whole, its digest and that of its tar verified, because ${whole}`];
}
var ELSEWHERE = "podman and CRI-O where they pull parts of layers, and containerd's stargz snapshotter, run what the table says, others the tar";
function describeDoubt({ digest, table: table2 }) {
  if (table2 === void 0 || table2.kind === "same" || table2.kind === "useless") return [];
  const how = table2.kind === "differs" ? "its table of contents is not that of its tar" : "its table of contents could not be compared with its tar";
  return [{ fact: `which files of layer ${digest} are run`, reason: `${how}: ${table2.how}; ${ELSEWHERE}` }];
}
var mediaTypes = {
  none: "application/vnd.oci.image.layer.v1.tar",
  gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  zstd: "application/vnd.oci.image.layer.v1.tar+zstd"
};
function verify(layer, scan) {
  if (layer.digest !== void 0 && scan.digest !== layer.digest)
    throw new UserError(`${describeLayer(layer)}: its bytes have another digest: ${scan.digest}`);
  if (scan.partial === void 0 && scan.diffId !== layer.diffId)
    throw new UserError(
      `${describeLayer(layer)}: its uncompressed bytes have the digest ${scan.diffId}, the image config says ${layer.diffId}`
    );
}
function describeLayer({ digest, blob }) {
  return `layer ${digest ?? quote(blob)}`;
}
async function readAliases(store, layers, aliases, options) {
  const wanted = aliases.filter(({ files, file, path }) => {
    const { size, mode, xattrs, content } = files.peek(file);
    if (content !== void 0) return false;
    const sink = options.probe({ path, size, mode, xattrs });
    if (sink === void 0) return false;
    return sink.byName === true || !files.isShown(file, sink.byPlace);
  });
  for (const files of new Set(wanted.map((alias) => alias.files))) {
    const layer = layers.find(({ scan }) => scan.files === files);
    if (layer === void 0) throw new Error(`no layer ${files.layer}`);
    await readAliasesOf(store, layer, bestNames(files, wanted, options.probe), options);
  }
}
function bestNames(files, wanted, probe) {
  const names2 = /* @__PURE__ */ new Map();
  for (const { file, path } of wanted.filter((alias) => alias.files === files)) {
    const { size, mode, xattrs } = files.peek(file);
    const byName = probe({ path, size, mode, xattrs })?.byName === true;
    if (byName || names2.get(file)?.byName !== true) names2.set(file, { path, byName });
  }
  return new Map([...names2].map(([file, { path }]) => [file, path]));
}
async function readAliasesOf(store, { source, scan }, names2, options) {
  const paths = /* @__PURE__ */ new Map();
  scan.entries.forEach((directory, name, value) => {
    const alias = typeof value === "number" ? names2.get(value) : void 0;
    if (alias !== void 0) paths.set(`${directory}/${name}`, alias);
  });
  const probe = (file) => {
    const path = paths.get(file.path);
    return path === void 0 ? void 0 : options.probe({ ...file, path });
  };
  const again = await scanOne(store, source, { ...options, probe, budget: options.again });
  verify(source, again);
  if (scan.partial === void 0 !== (again.partial === void 0))
    throw new UserError(
      `${describeLayer(source)}: its server gives parts of it no longer: read it whole, without lazy`
    );
  if (again.table !== void 0 && again.table.kind !== "same") scan.table = again.table;
  for (const file of names2.keys()) scan.files.setContent(file, again.files.peek(file).content);
}
function quotePlain(text) {
  return /^[\w./:@-]+$/.test(text) ? text : quote(text);
}

// src/knowledge/programs/antrea.json
var antrea_default = {
  id: "antrea",
  title: "Antrea agent",
  recognise: {
    goModules: ["antrea.io/antrea/cmd/antrea-agent", "antrea.io/antrea/v2/cmd/antrea-agent", "github.com/vmware-tanzu/antrea/cmd/antrea-agent"],
    paths: ["/usr/local/bin/antrea-agent"]
  },
  writes: { value: ["address-prefix", "mark-match", "port"], source: "antrea-io/antrea pkg/agent/route/route_linux.go: -m mark for SNAT, --dport of the tunnel port, -s and -d of pod and multicast prefixes", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain"], source: "antrea-io/antrea pkg/agent/route/route_linux.go: ListRules of built-in and own chains, iptables-restore --noflush of its own chains; antrea-io/antrea pkg/agent/util/iptables/iptables.go", confidence: "seen" },
  changesRules: { value: false, source: "antrea-io/antrea pkg/agent/route/route_linux.go: syncs at an interval and on route changes", confidence: "inferred" },
  ipset: { value: { creates: ["hash:net", "hash:ip", "hash:ip,port"], listsAll: true }, source: "antrea-io/antrea pkg/agent/util/ipset/ipset.go: create, add, del, list of a named set, and ipset save", confidence: "seen" },
  runs: { value: ["iptables-restore", "ip6tables-restore", "iptables-save", "ipset"], source: "antrea-io/antrea pkg/agent/util/iptables/iptables.go", confidence: "seen" },
  selects: { value: "path", source: "antrea-io/antrea pkg/agent/util/iptables/iptables.go: coreos/go-iptables and plain names", confidence: "seen" },
  versions: [
    {
      versions: ">=1.8.0 <1.11.0",
      backend: { value: "follows-kubelet", source: "antrea-io/antrea build/images/base/Dockerfile: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.4", source: "antrea-io/antrea build/images/ovs/Dockerfile at the tags: Ubuntu 20.04", confidence: "seen" }
    },
    {
      versions: ">=1.11.0 <2.3.0",
      backend: { value: "follows-kubelet", source: "antrea-io/antrea build/images/base/Dockerfile: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.7", source: "antrea-io/antrea build/images/ovs/Dockerfile at the tags: Ubuntu 22.04", confidence: "seen" }
    },
    {
      versions: ">=2.3.0",
      backend: { value: "follows-kubelet", source: "antrea-io/antrea build/images/base/Dockerfile: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.10", source: "antrea-io/antrea build/images/ovs/Dockerfile at the tags: Ubuntu 24.04", confidence: "seen" },
      ipset: { value: "7.19", source: "antrea-io/antrea build/images/ovs/Dockerfile at the tags: Ubuntu 24.04", confidence: "inferred" }
    }
  ]
};

// src/knowledge/programs/aws-vpc-cni.json
var aws_vpc_cni_default = {
  id: "aws-vpc-cni",
  title: "Amazon VPC CNI",
  recognise: {
    goModules: ["github.com/aws/amazon-vpc-cni-k8s/cmd/aws-k8s-agent", "github.com/aws/amazon-vpc-cni-k8s/cmd/aws-vpc-cni"],
    paths: ["/app/aws-k8s-agent"]
  },
  writes: { value: ["address-prefix"], source: "aws/amazon-vpc-cni-k8s pkg/networkutils/network.go: -d of VPC prefixes, addrtype, CONNMARK and SNAT; no mark match, ports or NFLOG", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain"], source: "aws/amazon-vpc-cni-k8s pkg/networkutils/network.go: ListChains of nat (-S of the whole table), Exists, Append, Delete, List of its chains", confidence: "seen" },
  tables: { value: { reads: { list: ["nat"], "list-own-chain": ["nat"] } }, source: "aws/amazon-vpc-cni-k8s pkg/networkutils/network.go: ListChains and List are asked of nat, where its SNAT and connection mark chains are", confidence: "seen" },
  changesRules: { value: false, source: "aws/amazon-vpc-cni-k8s pkg/networkutils/network.go: sets its rules up at start and on configuration changes", confidence: "inferred" },
  ipset: { value: { creates: [], listsAll: false }, source: "aws/amazon-vpc-cni-k8s: no ipset", confidence: "inferred" },
  selects: { value: "path", source: "aws/amazon-vpc-cni-k8s pkg/iptableswrapper: coreos/go-iptables", confidence: "seen" },
  versions: [
    {
      versions: "<1.12.1",
      backend: { value: "legacy", source: "aws/amazon-vpc-cni-k8s#1847, #2155", confidence: "documented" },
      iptables: { value: "1.8.4", source: "aws/amazon-vpc-cni-k8s scripts/dockerfiles/Dockerfile.release: Amazon Linux 2", confidence: "seen" }
    },
    {
      versions: ">=1.12.1 <1.13.2",
      backend: { value: "legacy", source: "aws/amazon-vpc-cni-k8s README.md: ENABLE_NFTABLES chooses, off by default", confidence: "seen" },
      iptables: { value: "1.8.4", source: "aws/amazon-vpc-cni-k8s Makefile: Amazon Linux 2", confidence: "seen" }
    },
    {
      versions: ">=1.13.2 <1.23.0",
      backend: { value: "follows-kubelet", source: "aws/amazon-vpc-cni-k8s docs/troubleshooting.md: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.4", source: "aws/amazon-vpc-cni-k8s Makefile: Amazon Linux 2", confidence: "seen" }
    },
    {
      versions: ">=1.23.0",
      backend: { value: "follows-kubelet", source: "aws/amazon-vpc-cni-k8s scripts/dockerfiles/Dockerfile.release: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.8", source: "aws/amazon-vpc-cni-k8s Makefile: Amazon Linux 2023", confidence: "inferred" }
    }
  ]
};

// src/knowledge/programs/azure-npm.json
var azure_npm_default = {
  id: "azure-npm",
  title: "Azure Network Policy Manager",
  recognise: {
    goModules: ["github.com/Azure/azure-container-networking/npm/cmd"],
    paths: ["/usr/bin/azure-npm"]
  },
  writes: { value: ["mark-match", "port", "port-range"], source: "Azure/azure-container-networking npm/pkg/dataplane/policies/chain-management_linux.go and policymanager_linux.go: -m mark of its own marks, --dport of policy ports and ranges; addresses are matched by set", confidence: "seen" },
  tables: { value: { writes: { "mark-match": ["filter"], port: ["filter"], "port-range": ["filter"] }, reads: { list: ["filter"], "list-own-chain": ["mangle"] } }, source: "Azure/azure-container-networking npm/pkg/dataplane/policies/chain-management_linux.go: AZURE-NPM chains are in filter; the hint of the kubelet is looked for in mangle", confidence: "seen" },
  operations: { value: ["append", "delete", "list", "list-own-chain"], source: "Azure/azure-container-networking npm/pkg/dataplane/policies/chain-management_linux.go and npm/pkg/dataplane/ioutil: -L of filter and of FORWARD, restore --noflush of its own chains", confidence: "seen" },
  changesRules: { value: true, source: "Azure/azure-container-networking npm/pkg/dataplane/policies: chains follow the policies", confidence: "seen" },
  ipset: { value: { creates: ["hash:net", "hash:ip,port", "list:set"], listsAll: true }, source: "Azure/azure-container-networking npm/pkg/dataplane/ipsets/ipsetmanager_linux.go: ipset save of all sets, ipset list, ipset restore", confidence: "seen" },
  runs: { value: ["iptables-nft", "iptables-nft-restore", "iptables-legacy", "iptables-legacy-restore", "ipset"], source: "Azure/azure-container-networking npm/util/const.go and npm/pkg/dataplane/policies/chain-management_linux.go: picks one backend and cleans the other one", confidence: "seen" },
  selects: { value: "self", source: "Azure/azure-container-networking npm/pkg/dataplane/policies/chain-management_linux.go: looks for the kubelet's chains in iptables-nft, then in iptables-legacy", confidence: "seen" },
  versions: [
    {
      versions: ">=1.5.0 <1.6.29",
      backend: { value: "follows-kubelet", source: "Azure/azure-container-networking npm/pkg/dataplane/policies/chain-management_linux.go: looks for the kubelet's chains", confidence: "seen" },
      iptables: { value: "1.8.4", source: "Azure/azure-container-networking npm/linux.Dockerfile at the tags: Ubuntu 20.04", confidence: "seen" },
      ipset: { value: "7.5", source: "Azure/azure-container-networking npm/linux.Dockerfile at the tags: Ubuntu 20.04", confidence: "inferred" }
    },
    {
      versions: ">=1.6.29",
      backend: { value: "follows-kubelet", source: "Azure/azure-container-networking npm/pkg/dataplane/policies/chain-management_linux.go: looks for the kubelet's chains", confidence: "seen" },
      iptables: { value: "1.8.10", source: "Azure/azure-container-networking npm/linux.Dockerfile at the tags: Ubuntu 24.04", confidence: "seen" },
      ipset: { value: "7.19", source: "Azure/azure-container-networking npm/linux.Dockerfile at the tags: Ubuntu 24.04", confidence: "inferred" }
    }
  ]
};

// src/knowledge/programs/calico.json
var calico_default = {
  id: "calico",
  title: "Calico node (Felix)",
  recognise: {
    goModules: ["github.com/projectcalico/calico/node", "github.com/projectcalico/calico/felix", "github.com/projectcalico/node", "github.com/projectcalico/felix"],
    paths: ["/usr/bin/calico-node", "/bin/calico-node"]
  },
  writes: { value: ["address-prefix", "mark-match", "port"], source: "projectcalico/calico felix/iptables/match_builder.go and projectcalico/calico felix/rules/static.go: -m mark, --source and --destination prefixes, --dport of the VXLAN port; policy ports go through multiport, which no release stores differently", confidence: "seen" },
  operations: { value: ["append", "delete", "list"], source: "projectcalico/calico felix/iptables/table.go: iptables-TYPE-save -t of each table, which it takes for failed where a comment says that the table is incompatible, as a listing is; then iptables-TYPE-restore --noflush with its own chains and its own rules in the built-in ones; deletes its rules by the text it read", confidence: "seen" },
  changesRules: { value: true, source: "projectcalico/calico felix/iptables/table.go: rewrites its chains as endpoints and policies change", confidence: "seen" },
  ipset: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port", "hash:net,net", "bitmap:port"], listsAll: false }, source: "projectcalico/calico felix/ipsets/ipset_defs.go and ipsets.go: ipset list -name, then list of its own sets", confidence: "seen" },
  runs: { value: ["iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore", "ipset"], source: "projectcalico/calico felix/environment/feature_detect_linux.go: FindBestBinary takes the command named by the backend, else the plain one, and panics only without both", confidence: "seen" },
  selects: { value: "self", variable: { name: "FELIX_IPTABLESBACKEND", values: { Legacy: "legacy", legacy: "legacy", NFT: "nft", nft: "nft", Auto: "auto", auto: "auto" }, default: "auto" }, native: { name: "FELIX_NFTABLESMODE", values: ["Enabled"], writes: [], source: "projectcalico/calico felix/config/config_params.go: Disabled by default up to 3.31, Auto from 3.32, which follows kube-proxy; felix/nftables: tables of its own", confidence: "seen" }, source: "projectcalico/calico felix/environment/feature_detect_linux.go and projectcalico/calico felix/config/config_params.go", confidence: "seen" },
  versions: [
    {
      versions: ">=3.19.0 <3.27.0",
      backend: { value: "unknown", source: "projectcalico/calico felix/environment: counts rules, legacy on a tie; FELIX_IPTABLESBACKEND overrides", confidence: "seen" },
      iptables: { value: "1.8.4", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      ipset: { value: "7.11", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      sets: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port", "hash:net,net", "bitmap:port"], listsAll: true }, source: "projectcalico/calico felix/ipsets/ipsets.go: ipset list of all sets", confidence: "documented" }
    },
    {
      versions: ">=3.27.0 <3.28.0",
      backend: { value: "unknown", source: "projectcalico/calico felix/environment: counts rules, legacy on a tie; FELIX_IPTABLESBACKEND overrides", confidence: "seen" },
      iptables: { value: "1.8.4", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      ipset: { value: "7.11", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      sets: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port", "hash:net,net", "bitmap:port"], listsAll: false }, source: "projectcalico/calico felix/ipsets/ipsets.go: ipset list -name, then list of its own sets one by one (projectcalico/calico#8387)", confidence: "seen" }
    },
    {
      versions: ">=3.28.0 <3.30.0",
      backend: { value: "follows-kubelet", source: "projectcalico/calico felix/environment/feature_detect_linux.go: looks for the kubelet chains, then counts rules; FELIX_IPTABLESBACKEND overrides", confidence: "seen" },
      iptables: { value: "1.8.8", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      ipset: { value: "7.11", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      sets: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port", "hash:net,net", "bitmap:port"], listsAll: false }, source: "projectcalico/calico felix/ipsets/ipsets.go: ipset list -name, then list of its own sets one by one (projectcalico/calico#8387)", confidence: "seen" }
    },
    {
      versions: ">=3.30.0 <3.32.0",
      backend: { value: "follows-kubelet", source: "projectcalico/calico felix/environment/feature_detect_linux.go: looks for the kubelet chains, then counts rules; FELIX_IPTABLESBACKEND overrides", confidence: "seen" },
      iptables: { value: "1.8.8", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      ipset: { value: "7.11", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      sets: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port", "hash:net,net", "bitmap:port"], listsAll: false }, source: "projectcalico/calico felix/ipsets/ipsets.go: ipset list -name, then list of its own sets one by one (projectcalico/calico#8387)", confidence: "seen" },
      writes: { value: ["address-prefix", "mark-match", "port", "nflog"], source: "projectcalico/calico felix/iptables/match_builder.go and actions.go, projectcalico/calico felix/rules/endpoints.go and static.go: -m mark, --source and --destination prefixes, --dport of the VXLAN port, NFLOG for flow logs; policy ports go through multiport", confidence: "seen" }
    },
    {
      versions: ">=3.32.0",
      backend: { value: "follows-kubelet", source: "projectcalico/calico felix/environment/feature_detect_linux.go: looks for the kubelet chains, then counts rules; FELIX_IPTABLESBACKEND overrides", confidence: "seen" },
      iptables: { value: "1.8.10", source: "projectcalico/calico node/Dockerfile at the tags: EL 9 packages", confidence: "inferred" },
      ipset: { value: "7.11", source: "projectcalico/calico node/Dockerfile at the tags", confidence: "seen" },
      sets: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port", "hash:net,net", "bitmap:port"], listsAll: false }, source: "projectcalico/calico felix/ipsets/ipsets.go: ipset list -name, then list of its own sets one by one (projectcalico/calico#8387)", confidence: "seen" },
      writes: { value: ["address-prefix", "mark-match", "port", "nflog"], source: "projectcalico/calico felix/iptables/match_builder.go and actions.go, projectcalico/calico felix/rules/endpoints.go and static.go: -m mark, --source and --destination prefixes, --dport of the VXLAN port, NFLOG for flow logs; policy ports go through multiport", confidence: "seen" }
    }
  ],
  notes: ["The iptables link of the image does not matter: Felix runs iptables-nft-* or iptables-legacy-* by name (projectcalico/calico#7393, #8857).", "NFLOG is written when flow logs are on, which the operator does from 3.30 (inferred)."]
};

// src/knowledge/programs/cilium.json
var cilium_default = {
  id: "cilium",
  title: "Cilium agent",
  recognise: {
    goModules: ["github.com/cilium/cilium/daemon"],
    paths: ["/usr/bin/cilium-agent"]
  },
  writes: { value: ["address-prefix", "mark-match"], source: "cilium/cilium pkg/datapath/iptables/iptables.go: -m mark in the mangle, raw and nat chains, -s and -d of the node and cluster prefixes, TPROXY rules by mark; no NFLOG, flags or ranges", confidence: "seen" },
  operations: { value: ["append", "delete", "list"], source: "cilium/cilium pkg/datapath/iptables/iptables.go: removeCiliumRules reads whole tables with -S and deletes what names a CILIUM_ chain; rules are added one by one", confidence: "seen" },
  changesRules: { value: false, source: "cilium/cilium pkg/datapath/iptables: installs at start and when proxy redirects change", confidence: "inferred" },
  ipset: { value: { creates: ["hash:ip"], listsAll: false }, source: "cilium/cilium pkg/datapath/iptables/ipset/ipset.go: create iphash, add, del, list of cilium_node_set_v4 and _v6", confidence: "seen" },
  runs: { value: ["ipset"], source: "cilium/cilium pkg/datapath/iptables/ipset/ipset.go", confidence: "seen" },
  selects: { value: "path", source: "cilium/cilium pkg/datapath/iptables/iptables.go: runs iptables and ip6tables by plain name; the image installs its own wrapper", confidence: "seen" },
  versions: [
    {
      versions: ">=1.14.0",
      backend: { value: "follows-kubelet", source: "cilium/cilium images/runtime: iptables-wrapper of its own, which looks for the kubelet and kube-proxy chains", confidence: "inferred" },
      iptables: { value: "1.8.8", source: "cilium/image-tools images/iptables/Dockerfile: Debian 1.8.8-1 rebuilt", confidence: "seen" },
      note: "with kube-proxy replacement and bpf masquerading few or no iptables rules are left"
    }
  ]
};

// src/knowledge/programs/docker.json
var docker_default = {
  id: "docker",
  title: "Docker Engine, iptables backend",
  recognise: {
    goModules: ["github.com/docker/docker/cmd/dockerd", "github.com/moby/moby/cmd/dockerd", "github.com/moby/moby/v2/cmd/dockerd"],
    paths: ["/usr/local/bin/dockerd", "/usr/bin/dockerd"]
  },
  writes: { value: ["address-prefix", "mark-match", "port"], source: "moby/moby daemon/libnetwork/drivers/bridge/internal/iptabler: --dport of published ports, -s of the bridge prefix, -m mark for allow-direct-routing marks", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain"], source: "moby/moby daemon/libnetwork/iptables/iptables.go: -C before adding, -n -L of own and built-in chains; drivers/bridge/internal/iptabler", confidence: "seen" },
  tables: { value: { writes: { "address-prefix": ["filter", "nat"], "mark-match": ["filter"] }, reads: { list: ["filter", "nat"], "list-own-chain": ["filter", "nat"] } }, source: "moby/moby daemon/libnetwork/drivers/bridge/internal/iptabler/network.go (before: libnetwork/drivers/bridge/setup_ip_tables.go): -s and -d of the bridge prefix in nat and filter, the only -m mark in filter; ports are in raw and mangle too; moby/moby libnetwork/iptables/iptables.go at 19.03 to 29.2: -L of filter, of nat until 19.03, -nL of its own chains, which are in filter and nat", confidence: "seen" },
  changesRules: { value: true, source: "moby/moby daemon/libnetwork/drivers/bridge: rules change with each container that publishes a port", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "moby/moby daemon/libnetwork/drivers/bridge/internal/iptabler/iptabler.go: 28.0 and later make a hash:net set through netlink, not with the ipset tool", confidence: "seen" },
  selects: { value: "path", native: { name: "firewall-backend", values: ["nftables"], writes: [], option: { others: ["iptables"], since: "29.0.0" }, source: "https://docs.docker.com/engine/network/firewall-nftables: iptables by default; moby/moby#50357: a flag or a field of daemon.json", confidence: "documented" }, source: "moby/moby daemon/libnetwork/iptables/iptables.go: runs iptables and ip6tables by plain name", confidence: "seen" },
  network: { value: "pod", source: "https://hub.docker.com/_/docker: a container of its own; with the node's network it has to be stated", confidence: "documented" },
  versions: [
    {
      versions: "<28.0.0",
      backend: { value: "host", source: "docker-library/docker#501: chains in the host tables", confidence: "documented" }
    },
    {
      versions: ">=28.0.0",
      backend: { value: "host", source: "docs.docker.com/engine/network/firewall-iptables: iptables is the default backend", confidence: "documented" },
      tables: { value: { writes: { "address-prefix": ["filter", "nat"], "mark-match": ["filter"] }, reads: { list: ["filter"], "list-own-chain": ["filter", "nat"] } }, source: "moby/moby daemon/libnetwork/drivers/bridge/internal/iptabler/network.go (before: libnetwork/drivers/bridge/setup_ip_tables.go): -s and -d of the bridge prefix in nat and filter, the only -m mark in filter; ports are in raw and mangle too; iptabler.go and daemon/libnetwork/iptables/iptables.go: -L of FORWARD in filter, -nL of its own chains, which are in filter and nat", confidence: "seen" },
      sets: { value: { creates: ["hash:net"], listsAll: false }, source: "moby/moby daemon/libnetwork/drivers/bridge/internal/iptabler/iptabler.go: -m set --match-set; the set is made through netlink", confidence: "seen" }
    }
  ],
  notes: ["Mark matches are written only where allow-direct-routing by mark is configured.", "--firewall-backend=nftables (29 and later) writes tables docker-bridges of its own: of its image, state it under images, options."]
};

// src/knowledge/programs/firewalld.json
var firewalld_default = {
  id: "firewalld",
  title: "firewalld, nftables backend",
  writes: { value: [], source: "firewalld.org documentation: table inet firewalld of its own", confidence: "documented" },
  operations: { value: [], source: "firewalld.org documentation: speaks libnftables", confidence: "documented" },
  changesRules: { value: false, source: "changes on configuration only", confidence: "inferred" },
  versions: [
    {
      versions: ">=0.6.0",
      backend: { value: "native-nft", source: "firewalld nftables backend, default since RHEL 8.2 (simp pupmod-simp_firewalld notes)", confidence: "documented" }
    }
  ],
  notes: ["SUSE 15 patches the backend to iptables."]
};

// src/knowledge/programs/flannel.json
var flannel_default = {
  id: "flannel",
  title: "flannel",
  recognise: {
    goModules: ["github.com/flannel-io/flannel", "github.com/coreos/flannel"],
    paths: ["/opt/bin/flanneld"]
  },
  writes: { value: ["address-prefix", "mark-match"], source: "flannel-io/flannel pkg/trafficmngr/iptables/iptables.go: -m mark of the kube-proxy mark, -s and -d of pod and cluster prefixes, comment, MASQUERADE --random-fully; no ports, flags or NFLOG", confidence: "seen" },
  tables: { value: { writes: { "address-prefix": ["filter", "nat"], "mark-match": ["nat"] }, reads: { "list-own-chain": ["filter", "nat"] } }, source: "flannel-io/flannel pkg/trafficmngr/iptables/iptables.go: FLANNEL-POSTRTG in nat, with the rule for kube-proxy's mark, and FLANNEL-FWD in filter are all that it makes and looks for", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list-own-chain"], source: "flannel-io/flannel pkg/trafficmngr/iptables/iptables.go: ChainExists (-S CHAIN 1) on its own chains, -C of each rule; iptables_restore.go: iptables-restore --noflush with its own rules", confidence: "seen" },
  changesRules: { value: false, source: "flannel-io/flannel pkg/trafficmngr/iptables/iptables.go: checks its rules every few seconds and writes only when one is missing", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "flannel-io/flannel pkg/trafficmngr/iptables: no ipset", confidence: "seen" },
  runs: { value: ["iptables-restore", "ip6tables-restore"], source: "flannel-io/flannel pkg/trafficmngr/iptables/iptables_restore.go", confidence: "seen" },
  selects: { value: "path", native: { name: "EnableNFTables", values: ["true"], writes: [], option: { others: ["false"], since: "0.25.0", module: "sigs.k8s.io/knftables" }, source: "flannel-io/flannel Documentation/configuration.md: EnableNFTables of net-conf.json, experimental, false by default; pkg/trafficmngr/nftables: tables of its own; Talos (siderolabs/talos#13376) and kOps (kubernetes/kops#17503) set it", confidence: "documented" }, source: "flannel-io/flannel pkg/trafficmngr/iptables/iptables_restore.go and coreos/go-iptables: plain names in PATH", confidence: "seen" },
  versions: [
    {
      versions: ">=0.13.0 <0.15.0",
      backend: { value: "unknown", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper v1, which counts rules and falls back to legacy", confidence: "seen" },
      iptables: { value: "1.8.4", source: "flannel-io/flannel Dockerfile at the tags: Alpine 3.12", confidence: "seen" }
    },
    {
      versions: ">=0.15.0 <0.20.2",
      backend: { value: "unknown", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper v1, which counts rules and falls back to legacy", confidence: "seen" },
      iptables: { value: "1.8.6", source: "flannel-io/flannel Dockerfile at the tags: Alpine 3.13", confidence: "seen" }
    },
    {
      versions: ">=0.20.2 <0.23.0",
      backend: { value: "unknown", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper v1, which counts rules and falls back to legacy", confidence: "seen" },
      iptables: { value: "1.8.8", source: "flannel-io/flannel Dockerfile at the tags: Alpine 3.16 and 3.17", confidence: "inferred" }
    },
    {
      versions: ">=0.23.0 <0.24.0",
      backend: { value: "unknown", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper v1, which counts rules and falls back to legacy", confidence: "seen" },
      iptables: { value: "1.8.9", source: "flannel-io/flannel Dockerfile at the tags: Alpine 3.18", confidence: "inferred" }
    },
    {
      versions: ">=0.24.0 <0.27.1",
      backend: { value: "follows-kubelet", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper (Go)", confidence: "seen" },
      note: "built on dated Alpine edge tags; the iptables version was not resolved"
    },
    {
      versions: ">=0.27.1 <0.28.8",
      backend: { value: "follows-kubelet", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper (Go)", confidence: "seen" },
      iptables: { value: "1.8.11", source: "flannel-io/flannel Dockerfile at the tags: Alpine 3.22", confidence: "seen" }
    },
    {
      versions: ">=0.28.8",
      backend: { value: "follows-kubelet", source: "flannel-io/flannel Dockerfile at the tags: iptables-wrapper (Go)", confidence: "seen" },
      iptables: { value: "1.8.13", source: "flannel-io/flannel Dockerfile at the tags: Alpine 3.24", confidence: "seen" }
    }
  ],
  notes: ["With EnableNFTables (0.25 and later) flannel writes its own nft tables and runs no iptables: state it under images, options."]
};

// src/knowledge/programs/ip-masq-agent.json
var ip_masq_agent_default = {
  id: "ip-masq-agent",
  title: "ip-masq-agent",
  recognise: {
    goModules: ["k8s.io/ip-masq-agent/cmd/ip-masq-agent"],
    paths: ["/ip-masq-agent"]
  },
  writes: { value: ["address-prefix"], source: "kubernetes-sigs/ip-masq-agent cmd/ip-masq-agent/ip-masq-agent.go: -d of the networks that are not masqueraded, addrtype, MASQUERADE", confidence: "seen" },
  tables: { value: { writes: { "address-prefix": ["nat"] } }, source: "kubernetes-sigs/ip-masq-agent cmd/ip-masq-agent/ip-masq-agent.go: its chain is in nat", confidence: "seen" },
  operations: { value: ["append", "check"], source: "kubernetes-sigs/ip-masq-agent cmd/ip-masq-agent/ip-masq-agent.go: EnsureChain (-N), EnsureRule (-C and -A), RestoreAll without a flush of its own chain", confidence: "seen" },
  changesRules: { value: false, source: "kubernetes-sigs/ip-masq-agent cmd/ip-masq-agent/ip-masq-agent.go: the same rules again every minute", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "kubernetes-sigs/ip-masq-agent: no ipset", confidence: "seen" },
  runs: { value: ["iptables-restore", "ip6tables-restore"], source: "kubernetes/kubernetes pkg/util/iptables/iptables.go", confidence: "seen" },
  selects: { value: "path", source: "kubernetes/kubernetes pkg/util/iptables/iptables.go: runs iptables and iptables-restore by plain name", confidence: "seen" },
  versions: [
    {
      versions: ">=2.9.3 <2.10.1",
      backend: { value: "follows-kubelet", source: "kubernetes-sigs/ip-masq-agent Makefile at the tags: distroless-iptables, with iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.7", source: "kubernetes-sigs/ip-masq-agent Makefile at the tags: distroless-iptables v0.2", confidence: "seen" }
    },
    {
      versions: ">=2.10.1",
      backend: { value: "follows-kubelet", source: "kubernetes-sigs/ip-masq-agent Makefile at the tags: distroless-iptables, with iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.9", source: "kubernetes-sigs/ip-masq-agent Makefile at the tags: distroless-iptables v0.3 to v0.7", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/istio.json
var istio_default = {
  id: "istio",
  title: "Istio init container and sidecar",
  recognise: {
    goModules: ["istio.io/istio/pilot/cmd/pilot-agent", "istio.io/istio/tools/istio-iptables"],
    paths: ["/usr/local/bin/pilot-agent"]
  },
  changesRules: { value: false, source: "istio/istio: writes once for each pod", confidence: "inferred" },
  runs: { value: ["iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore"], source: "istio/istio#57385: detection by backend-named commands, else the plain ones", confidence: "documented" },
  selects: { value: "self", source: "istio/istio#59193, #57385: legacy when legacy rules exist, else nft", confidence: "documented" },
  network: { value: "pod", source: "istio/istio manifests/charts/istio-control/istio-discovery/files/injection-template.yaml: an init container of each pod", confidence: "seen" },
  versions: [
    {
      versions: "<1.22.0",
      backend: { value: "legacy", source: "istio/istio#49279", confidence: "documented" }
    },
    {
      versions: ">=1.22.0 <1.30.0",
      backend: { value: "unknown", source: "istio/istio#57385, #57827: looks for existing rules, legacy first", confidence: "documented" },
      iptables: { value: "1.8.10", source: "awslabs/amazon-eks-ami#2354", confidence: "documented" }
    },
    {
      versions: ">=1.30.0",
      backend: { value: "unknown", source: "istio/istio#59193: nft by default, legacy only where legacy rules exist", confidence: "documented" },
      iptables: { value: "1.8.10", source: "istio/istio docker/Dockerfile.base: Ubuntu noble", confidence: "seen" }
    }
  ],
  notes: ["What its rules hold and which tables it reads is not filled in: findings on it assume the common rules and say so.", "It writes in the network namespace of each pod, where the programs of the node do not write."]
};

// src/knowledge/programs/istio-cni.json
var istio_cni_default = {
  id: "istio-cni",
  title: "Istio CNI node agent",
  recognise: {
    goModules: ["istio.io/istio/cni/cmd/install-cni"],
    paths: ["/usr/local/bin/install-cni"]
  },
  writes: { value: [], source: "istio/istio cni/pkg/iptables/iptables.go: in the namespace of the node a jump and a rule of its own chain in nat, with owner, set and SNAT; the rest is in the namespaces of pods", confidence: "seen" },
  tables: { value: { reads: { save: ["nat"] } }, source: "istio/istio cni/pkg/iptables/iptables.go: the rules of the node are in nat; iptables-save of all tables finds the state", confidence: "inferred" },
  operations: { value: ["append", "check", "delete", "save"], source: "istio/istio cni/pkg/iptables/iptables.go and tools/istio-iptables/pkg/capture: compares what iptables-save prints with its own rules, -C of each, iptables-restore --noflush of its own chains", confidence: "seen" },
  changesRules: { value: false, source: "istio/istio cni/pkg/iptables/iptables.go: writes at start", confidence: "seen" },
  ipset: { value: { creates: ["hash:ip"], listsAll: false }, source: "istio/istio cni/pkg/ipset/nldeps_linux.go: through netlink", confidence: "seen" },
  runs: { value: ["iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore"], source: "istio/istio tools/istio-iptables/pkg/dependencies/implementation.go: legacy with rules in it, else nft, else the plain commands", confidence: "seen" },
  selects: { value: "self", variable: { name: "FORCE_IPTABLES_BINARY", values: { legacy: "legacy", nft: "nft" }, default: "auto" }, native: { name: "NATIVE_NFTABLES", values: ["true"], writes: [], source: "istio/istio manifests/charts/istio-cni/templates/configmap-cni.yaml and cni/pkg/nftables: tables of its own, from 1.27", confidence: "seen" }, source: "istio/istio cni/pkg/cmd/root.go and tools/istio-iptables/pkg/dependencies/implementation.go", confidence: "seen" },
  versions: [
    {
      versions: "<1.22.0",
      backend: { value: "legacy", source: "istio/istio#49279", confidence: "documented" }
    },
    {
      versions: ">=1.22.0",
      backend: { value: "unknown", source: "istio/istio tools/istio-iptables/pkg/dependencies/implementation.go: legacy with rules in it, else nft, else the plain commands", confidence: "seen" },
      iptables: { value: "1.8.10", source: "istio/istio docker/Dockerfile.base: Ubuntu noble", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/k0s.json
var k0s_default = {
  id: "k0s",
  title: "k0s",
  kubelet: true,
  recognise: {
    goModules: ["github.com/k0sproject/k0s"]
  },
  changesRules: { value: true, source: "runs kube-proxy", confidence: "documented" },
  versions: [
    {
      versions: ">=1.22.0 <1.33.0",
      backend: { value: "unknown", source: "k0sproject/k0s: bundles its own iptables and picks a mode at start", confidence: "documented" },
      iptables: { value: "1.8.8", source: "k0sproject/k0s#2083, #2089, #2094", confidence: "documented" }
    },
    {
      versions: ">=1.33.0",
      backend: { value: "unknown", source: "k0sproject/k0s: bundles its own iptables and picks a mode at start", confidence: "documented" },
      iptables: { value: "1.8.11", source: "k0sproject/k0s#5764 (2025-04)", confidence: "documented" }
    }
  ],
  notes: ["k0s itself runs only the kubelet with its bundled iptables; kube-proxy and the network plugin (kube-router or calico, docs.k0sproject.io/stable/networking) are pods with tools of their own, to be stated beside it. What k0s alone writes is not filled in: findings on it assume the common rules and say so."]
};

// src/knowledge/programs/k3s.json
var k3s_default = {
  id: "k3s",
  title: "k3s",
  kubelet: true,
  recognise: {
    goModules: ["github.com/k3s-io/k3s"],
    paths: ["/bin/k3s", "/usr/local/bin/k3s"]
  },
  writes: { value: ["address-prefix", "mark-match", "port", "port-range", "nflog"], source: "k3s runs kube-proxy, flannel and the kube-router policy controller in one process: see these", confidence: "documented" },
  tables: { value: { writes: { nflog: ["filter"], "port-range": ["filter"] } }, source: "cloudnativelabs/kube-router pkg/controllers/netpol, which k3s runs: policy chains are in filter", confidence: "documented" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain", "save-restore"], source: "the kube-router policy controller inside k3s saves and restores the filter table (cloudnativelabs/kube-router pkg/controllers/netpol)", confidence: "documented" },
  changesRules: { value: true, source: "kube-proxy and the policy controller run inside it", confidence: "documented" },
  ipset: { value: { creates: ["hash:ip", "hash:net"], listsAll: true }, source: "cloudnativelabs/kube-router pkg/controllers/netpol and pkg/utils/ipset.go, used by k3s", confidence: "documented" },
  versions: [
    {
      versions: ">=1.21.0 <1.26.0",
      backend: { value: "unknown", source: "k3s-io/k3s-root iptables-detect: the host iptables when there is one, else the bundle in the mode that shows rules", confidence: "seen" },
      iptables: { value: "1.8.6", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages: k3s-root v0.9 to v0.11", confidence: "inferred" },
      ipset: { value: "7.6", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages", confidence: "inferred" }
    },
    {
      versions: ">=1.26.0 <1.31.0",
      backend: { value: "unknown", source: "k3s-io/k3s-root iptables-detect: the host iptables when there is one, else the bundle in the mode that shows rules", confidence: "seen" },
      iptables: { value: "1.8.8", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages: k3s-root v0.12 and v0.13", confidence: "inferred" },
      ipset: { value: "7.15", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages", confidence: "inferred" }
    },
    {
      versions: ">=1.31.0 <1.35.0",
      backend: { value: "unknown", source: "k3s-io/k3s-root iptables-detect: the host iptables when there is one, else the bundle in the mode that shows rules", confidence: "seen" },
      iptables: { value: "1.8.9", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages: k3s-root v0.14", confidence: "inferred" },
      ipset: { value: "7.16", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages", confidence: "inferred" }
    },
    {
      versions: ">=1.35.0",
      backend: { value: "unknown", source: "k3s-io/k3s-root iptables-detect: the host iptables when there is one, else the bundle in the mode that shows rules", confidence: "seen" },
      iptables: { value: "1.8.11", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages: k3s-root v0.15", confidence: "inferred" },
      ipset: { value: "7.16", source: "k3s-io/k3s-root scripts/download at the tags and buildroot packages", confidence: "inferred" }
    }
  ],
  notes: ["The versions of the bundle count only where the host has no iptables, or with --prefer-bundled-bin."]
};

// src/knowledge/programs/kilo.json
var kilo_default = {
  id: "kilo",
  title: "Kilo",
  recognise: {
    goModules: ["github.com/squat/kilo"],
    paths: ["/opt/bin/kg"]
  },
  writes: { value: ["address-prefix"], source: "squat/kilo pkg/mesh/routes.go and pkg/encapsulation/ipip.go: -s and -d of pod, service and allowed prefixes, comment, MASQUERADE; no ports, marks, flags or NFLOG", confidence: "seen" },
  tables: { value: { writes: { "address-prefix": ["filter", "nat"] }, reads: { list: ["filter", "nat"], "list-own-chain": ["filter", "nat"] } }, source: "squat/kilo pkg/mesh/routes.go and pkg/encapsulation/ipip.go: rules in filter and nat only, and pkg/iptables/rulecache.go lists the tables of its rules", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain"], source: "squat/kilo pkg/iptables/rulecache.go: each reconciliation lists the chains of the table (-S) and each chain with its rules, also FORWARD and POSTROUTING; squat/kilo pkg/iptables/iptables.go: InsertUnique and AppendUnique check with -C", confidence: "seen" },
  changesRules: { value: false, source: "squat/kilo pkg/iptables/iptables.go: writes when the mesh changes; between changes it only lists, every resync period", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "squat/kilo pkg/ipset is imported by pkg/calico/calico only, a file that Go does not compile: the program runs no ipset", confidence: "seen" },
  selects: { value: "path", source: "coreos/go-iptables: iptables and ip6tables found in PATH", confidence: "seen" },
  versions: [
    {
      versions: "<0.5.0",
      backend: { value: "legacy", source: "squat/kilo Dockerfile: Alpine 3.12 packages without wrapper, whose iptables is the legacy one", confidence: "inferred" },
      iptables: { value: "1.8.4", source: "squat/kilo Dockerfile: packages of Alpine 3.12", confidence: "seen" },
      ipset: { value: "7.6", source: "squat/kilo Dockerfile: packages of Alpine 3.12", confidence: "seen" }
    },
    {
      versions: ">=0.5.0 <0.7.0",
      backend: { value: "follows-kubelet", source: "squat/kilo Dockerfile: iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.4", source: "squat/kilo Dockerfile: packages of Alpine 3.12", confidence: "seen" },
      ipset: { value: "7.6", source: "squat/kilo Dockerfile: packages of Alpine 3.12", confidence: "seen" }
    },
    {
      versions: ">=0.7.0",
      backend: { value: "nft", source: "squat/kilo Dockerfile: wrapper v2 without an iptables-legacy package, so nft is the only choice", confidence: "inferred" },
      iptables: { value: "1.8.10", source: "squat/kilo Dockerfile: packages of Alpine 3.20", confidence: "seen" },
      ipset: { value: "7.21", source: "squat/kilo Dockerfile: packages of Alpine 3.20", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/kind-kindnetd.json
var kind_kindnetd_default = {
  id: "kind-kindnetd",
  title: "kindnetd of kind",
  recognise: {
    goModules: ["sigs.k8s.io/kind/images/kindnetd"]
  },
  writes: { value: ["address-prefix"], source: "kubernetes-sigs/kind images/kindnetd/cmd/kindnetd/masq.go: -d of the pod networks and MASQUERADE in its own chain, addrtype in the jump to it; network policies go through netlink into a table of their own", confidence: "seen" },
  tables: { value: { writes: { "address-prefix": ["nat"] }, reads: { list: ["nat"] } }, source: "kubernetes-sigs/kind images/kindnetd/cmd/kindnetd/masq.go: KIND-MASQ-AGENT and the list of chains are in nat", confidence: "seen" },
  operations: { value: ["append", "check", "list"], source: "kubernetes-sigs/kind images/kindnetd/cmd/kindnetd/masq.go: ListChains of nat (-S of the whole table), then AppendUnique (-C and -A), every minute", confidence: "seen" },
  changesRules: { value: true, source: "kubernetes-sigs/kind images/kindnetd/go.mod: the policy controller of kubernetes-sigs/kube-network-policies in it follows pods and policies through netlink", confidence: "inferred" },
  ipset: { value: { creates: [], listsAll: false }, source: "kubernetes-sigs/kind images/kindnetd: no ipset", confidence: "seen" },
  selects: { value: "path", source: "kubernetes-sigs/kind images/kindnetd/cmd/kindnetd/masq.go: coreos/go-iptables", confidence: "seen" },
  versions: [
    {
      versions: "<20240719.0.0",
      backend: { value: "follows-kubelet", source: "kubernetes-sigs/kind images/kindnetd/Dockerfile: distroless-iptables, with iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.7", source: "kubernetes-sigs/kind images/kindnetd/Dockerfile at the tags: distroless-iptables v0.1 and v0.2", confidence: "seen" }
    },
    {
      versions: ">=20240719.0.0",
      backend: { value: "follows-kubelet", source: "kubernetes-sigs/kind images/kindnetd/Dockerfile: distroless-iptables, with iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.9", source: "kubernetes-sigs/kind images/kindnetd/Dockerfile: distroless-iptables v0.5.5 and later", confidence: "seen" }
    }
  ],
  notes: ["Its versions are dates, as in the tag v20250512-df8de77b. The program of kubernetes-sigs/kindnet has the same file name and runs no iptables."]
};

// src/knowledge/programs/kindnet.json
var kindnet_default = {
  id: "kindnet",
  title: "kindnet",
  recognise: {
    goModules: ["sigs.k8s.io/kindnet", "github.com/kubernetes-sigs/kindnet"],
    paths: ["/bin/kindnetd"]
  },
  writes: { value: [], source: "kubernetes-sigs/kindnet: tables of its own through netlink", confidence: "documented" },
  operations: { value: [], source: "kubernetes-sigs/kindnet Dockerfile: no iptables in the image", confidence: "seen" },
  changesRules: { value: true, source: "follows pods and policies", confidence: "inferred" },
  versions: [
    {
      versions: ">=1.8.0",
      backend: { value: "native-nft", source: "kubernetes-sigs/kindnet Dockerfile (distroless static) and kubernetes/kops#18734", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/kube-network-policies.json
var kube_network_policies_default = {
  id: "kube-network-policies",
  title: "kube-network-policies",
  recognise: {
    goModules: ["sigs.k8s.io/kube-network-policies/cmd/kube-network-policies"],
    paths: ["/bin/netpol"]
  },
  writes: { value: [], source: "kubernetes-sigs/kube-network-policies pkg/dataplane/controller.go: an inet table of its own through netlink", confidence: "seen" },
  operations: { value: [], source: "kubernetes-sigs/kube-network-policies pkg/dataplane/controller.go: touches no other table", confidence: "seen" },
  changesRules: { value: true, source: "kubernetes-sigs/kube-network-policies pkg/dataplane/controller.go: syncs with pods and policies", confidence: "seen" },
  versions: [
    {
      versions: ">=0.7.0",
      backend: { value: "native-nft", source: "kubernetes-sigs/kube-network-policies Dockerfile: distroless static, no iptables", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/kube-ovn.json
var kube_ovn_default = {
  id: "kube-ovn",
  title: "Kube-OVN",
  recognise: {
    goModules: ["github.com/kubeovn/kube-ovn"],
    paths: ["/kube-ovn/kube-ovn-daemon"]
  },
  writes: { value: ["mark-match", "port"], source: "kubeovn/kube-ovn pkg/daemon/gateway_linux.go: -m mark of the masquerade and gateway marks, --dport of the tunnel and probe ports; subnets are matched by set, addresses as /32", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain"], source: "kubeovn/kube-ovn pkg/daemon/gateway_linux.go: ListChains of nat (-S of the whole table), List of FORWARD and its own chains, Exists, Insert, Delete by number and by rule", confidence: "seen" },
  changesRules: { value: false, source: "kubeovn/kube-ovn pkg/daemon/gateway_linux.go: compares at an interval and writes what differs", confidence: "seen" },
  ipset: { value: { creates: ["hash:net", "hash:ip"] }, source: "kubeovn/kube-ovn pkg/daemon/gateway_linux.go, with a fork of the Felix ipsets package", confidence: "seen" },
  runs: { value: ["ipset"], source: "kubeovn/kube-ovn pkg/daemon/gateway_linux.go: fork of the Felix ipsets package", confidence: "seen" },
  selects: { value: "path", source: "kubeovn/kube-ovn dist/images/Dockerfile: iptables-wrapper v2 linked into /usr/local/sbin", confidence: "seen" },
  versions: [
    {
      versions: ">=1.12.0",
      backend: { value: "follows-kubelet", source: "kubeovn/kube-ovn dist/images/Dockerfile: iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.10", source: "kubeovn/kube-ovn dist/images/Dockerfile.base: Ubuntu 24.04", confidence: "inferred" },
      ipset: { value: "7.19", source: "kubeovn/kube-ovn dist/images/Dockerfile.base: Ubuntu 24.04", confidence: "inferred" },
      note: "seen at master of 2026-08; older releases sit on older Ubuntu"
    }
  ]
};

// src/knowledge/programs/kube-proxy.json
var kube_proxy_default = {
  id: "kube-proxy",
  title: "kube-proxy, iptables mode",
  recognise: {
    goModules: ["k8s.io/kubernetes/cmd/kube-proxy"],
    paths: ["/usr/local/bin/kube-proxy", "/usr/bin/kube-proxy"]
  },
  writes: { value: ["address-prefix", "mark-match", "port"], source: "kubernetes/kubernetes pkg/proxy/iptables/proxier.go: KUBE-POSTROUTING and KUBE-FORWARD match the masquerade mark, service rules match -p tcp|udp --dport, the cluster CIDR and 127.0.0.0/8 are matched by prefix", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "save-chains", "list-own-chain"], source: "kubernetes/kubernetes pkg/proxy/iptables/proxier.go: SaveInto of the nat table, of which GetChainsFromTable takes the names of chains to find stale ones (from a table that is left out it finds none, and they stay); jump rules are ensured with -C, its own chains are rewritten with iptables-restore --noflush; kubernetes/kubernetes pkg/util/iptables/iptables.go", confidence: "seen" },
  changesRules: { value: true, source: "kubernetes/kubernetes pkg/proxy/iptables/proxier.go: syncs whenever services or endpoints change", confidence: "seen" },
  selects: { value: "path", source: "kubernetes/kubernetes pkg/util/iptables/iptables.go: runs iptables, iptables-save and iptables-restore by plain name", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "kubernetes/kubernetes pkg/proxy/iptables: no ipset; only pkg/proxy/ipvs runs it", confidence: "seen" },
  runs: { value: ["iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore"], source: "kubernetes/kubernetes pkg/util/iptables/iptables.go", confidence: "seen" },
  versions: [
    {
      versions: ">=1.25 <1.26",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      tables: { value: { writes: { "address-prefix": ["filter", "nat"], "mark-match": ["filter", "nat"], port: ["filter", "nat"] } }, source: "kubernetes/kubernetes pkg/proxy/iptables/proxier.go: what it restores are the tables filter and nat", confidence: "seen" },
      iptables: { value: "1.8.7", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bullseye packages", confidence: "documented" },
      ipset: { value: "7.10", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bullseye packages", confidence: "documented" }
    },
    {
      versions: ">=1.26 <1.29",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      tables: { value: { writes: { "address-prefix": ["filter", "nat"], "mark-match": ["filter", "nat"], port: ["filter", "nat"] }, reads: { "save-chains": ["nat"], "list-own-chain": ["mangle"] } }, source: "kubernetes/kubernetes pkg/proxy/iptables/proxier.go: what it restores are the tables filter and nat; SaveInto of the nat table only, to find stale chains; kubernetes/kubernetes#129128: the canary that it lists is in mangle", confidence: "seen" },
      iptables: { value: "1.8.7", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bullseye packages", confidence: "documented" },
      ipset: { value: "7.10", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bullseye packages", confidence: "documented" }
    },
    {
      versions: ">=1.29",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      tables: { value: { writes: { "address-prefix": ["filter", "nat"], "mark-match": ["filter", "nat"], port: ["filter", "nat"] }, reads: { "save-chains": ["nat"], "list-own-chain": ["mangle"] } }, source: "kubernetes/kubernetes pkg/proxy/iptables/proxier.go: what it restores are the tables filter and nat; SaveInto of the nat table only, to find stale chains; kubernetes/kubernetes#129128: the canary that it lists is in mangle", confidence: "seen" },
      iptables: { value: "1.8.9", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bookworm packages", confidence: "seen" },
      ipset: { value: "7.17", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bookworm packages", confidence: "seen" },
      nft: { value: "1.0.6", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): nft since v0.4.0; built from 1.0.6.1 since v0.9.4", confidence: "seen" },
      note: "distribution builds differ: EKS images carry 1.8.8 (Amazon Linux 2023) since 1.31 (aws/eks-distro-build-tooling#1515)"
    }
  ]
};

// src/knowledge/programs/kube-proxy-ipvs.json
var kube_proxy_ipvs_default = {
  id: "kube-proxy-ipvs",
  title: "kube-proxy, ipvs mode",
  writes: { value: ["address-prefix", "mark-match"], source: "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go and pkg/proxy/ipvs/ipset/types.go: rules match sets instead of ports; marks and the cluster CIDR as in iptables mode", confidence: "inferred" },
  operations: { value: ["append", "check", "delete", "save-chains", "list-own-chain"], source: "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go and pkg/proxy/ipvs/ipset/types.go: iptables-save to find the names of its chains, iptables-restore --noflush of its own chains", confidence: "inferred" },
  changesRules: { value: true, source: "syncs whenever services or endpoints change", confidence: "inferred" },
  ipset: { value: { creates: ["hash:ip", "hash:ip,port", "hash:ip,port,ip", "hash:ip,port,net", "bitmap:port"], listsAll: false }, source: "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go (ipsetInfo) and pkg/util/ipset/ipset.go: create, add, del, list -n and list of one named set", confidence: "seen" },
  runs: { value: ["iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore", "ipset"], source: "kubernetes/kubernetes pkg/proxy/ipvs/proxier.go and pkg/proxy/ipvs/ipset/types.go", confidence: "inferred" },
  selects: { value: "path", source: "kubernetes/kubernetes pkg/util/iptables/iptables.go", confidence: "seen" },
  versions: [
    {
      versions: ">=1.25 <1.29",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.7", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bullseye packages", confidence: "documented" },
      ipset: { value: "7.10", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bullseye packages", confidence: "documented" }
    },
    {
      versions: ">=1.29",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.9", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bookworm packages", confidence: "seen" },
      ipset: { value: "7.17", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): bookworm packages", confidence: "seen" },
      nft: { value: "1.0.6", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): nft since v0.4.0; built from 1.0.6.1 since v0.9.4", confidence: "seen" },
      note: "distribution builds differ: EKS images carry 1.8.8 (Amazon Linux 2023) since 1.31 (aws/eks-distro-build-tooling#1515)"
    }
  ]
};

// src/knowledge/programs/kube-proxy-nftables.json
var kube_proxy_nftables_default = {
  id: "kube-proxy-nftables",
  title: "kube-proxy, nftables mode",
  writes: { value: [], source: "kubernetes/kubernetes pkg/proxy/nftables: tables ip kube-proxy and ip6 kube-proxy of its own", confidence: "documented" },
  operations: { value: [], source: "kubernetes/kubernetes pkg/proxy/nftables: does not run iptables but for the cleanup of another mode", confidence: "documented" },
  changesRules: { value: true, source: "syncs whenever services or endpoints change", confidence: "inferred" },
  runs: { value: ["nft"], source: "sigs.k8s.io/knftables", confidence: "documented" },
  versions: [
    {
      versions: ">=1.31",
      backend: { value: "native-nft", source: "kubernetes/kubernetes pkg/proxy/nftables: beta in 1.31, general in 1.33", confidence: "documented" },
      nft: { value: "1.0.6", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): nft 1.0.6 since v0.4.0; 1.0.6.1 since v0.9.4", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/kube-router.json
var kube_router_default = {
  id: "kube-router",
  title: "kube-router",
  recognise: {
    goModules: ["github.com/cloudnativelabs/kube-router", "github.com/cloudnativelabs/kube-router/v2"],
    paths: ["/usr/local/bin/kube-router"]
  },
  writes: { value: ["address-prefix", "mark-match", "port", "port-range", "tcp-flags", "nflog"], source: "cloudnativelabs/kube-router pkg/controllers/netpol/pod.go: NFLOG with limit and -m mark for denied traffic; policy.go: --dport and --dport from:to for endPort; npc_iptables.go: service prefixes; pkg/controllers/proxy/network_services_controller.go: --tcp-flags SYN,RST SYN with TCPMSS", confidence: "seen" },
  tables: { value: { writes: { nflog: ["filter"], "port-range": ["filter"], "tcp-flags": ["mangle"] }, reads: { list: ["filter", "nat", "mangle"], "list-own-chain": ["filter", "nat"], "save-restore": ["filter"] } }, source: "cloudnativelabs/kube-router pkg/controllers/netpol: policy chains are in filter, which alone is saved and restored (at the tags from 1.2.3 on); pkg/controllers/proxy: TCPMSS rules are in mangle, nat is listed, mangle saved to look for rules of its own", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain", "save-restore"], source: "cloudnativelabs/kube-router pkg/controllers/netpol/npc_iptables.go: iptables-save -t filter, edits the dump and restores it with iptables-restore -T filter without --noflush; pkg/utils/iptables.go", confidence: "seen" },
  changesRules: { value: true, source: "cloudnativelabs/kube-router pkg/controllers/netpol: a full save and restore on each sync", confidence: "seen" },
  ipset: { value: { creates: ["hash:ip", "hash:net", "hash:ip,port"], listsAll: true }, source: "cloudnativelabs/kube-router pkg/utils/ipset.go: ipset save of all sets and restore -exist; sets of pkg/controllers", confidence: "seen" },
  runs: { value: ["iptables-save", "iptables-restore", "ip6tables-save", "ip6tables-restore", "ipset"], source: "cloudnativelabs/kube-router pkg/utils", confidence: "seen" },
  selects: { value: "path", source: "cloudnativelabs/kube-router pkg/utils/iptables.go: looks the plain names up in PATH", confidence: "seen" },
  versions: [
    {
      versions: ">=1.2.3 <1.3.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.4", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.12", confidence: "inferred" },
      ipset: { value: "7.6", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.12", confidence: "inferred" }
    },
    {
      versions: ">=1.3.0 <1.4.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.7", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.14", confidence: "inferred" },
      ipset: { value: "7.11", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.14", confidence: "inferred" }
    },
    {
      versions: ">=1.4.0 <1.5.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.7", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.15", confidence: "inferred" },
      ipset: { value: "7.15", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.15", confidence: "inferred" }
    },
    {
      versions: ">=1.5.0 <2.0.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.8", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.16 and 3.17", confidence: "inferred" },
      ipset: { value: "7.15", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.17", confidence: "inferred" }
    },
    {
      versions: ">=2.0.0 <2.1.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.9", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.18", confidence: "seen" },
      ipset: { value: "7.17", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.18", confidence: "inferred" }
    },
    {
      versions: ">=2.1.0 <2.1.1",
      backend: { value: "nft", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: wrapper without an iptables-legacy package", confidence: "inferred" },
      iptables: { value: "1.8.10", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.19", confidence: "seen" },
      ipset: { value: "7.19", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.19", confidence: "inferred" }
    },
    {
      versions: ">=2.1.1 <2.1.3",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.10", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.19", confidence: "seen" },
      ipset: { value: "7.19", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.19", confidence: "inferred" }
    },
    {
      versions: ">=2.1.3 <2.5.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.9", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.18, taken back because 1.8.10 checks rules wrongly", confidence: "seen" },
      ipset: { value: "7.17", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.18", confidence: "inferred" }
    },
    {
      versions: ">=2.5.0 <2.6.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.11", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.21", confidence: "seen" },
      ipset: { value: "7.22", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.21", confidence: "inferred" }
    },
    {
      versions: ">=2.6.0 <2.9.0",
      backend: { value: "follows-kubelet", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.11", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.22 and 3.23", confidence: "seen" },
      ipset: { value: "7.24", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.22 and 3.23", confidence: "inferred" }
    },
    {
      versions: ">=2.9.0 <2.11.0",
      backend: { value: "nft", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: the v3 wrapper is installed at the root directory, so iptables stays the nft one", confidence: "inferred" },
      iptables: { value: "1.8.11", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.23", confidence: "seen" },
      ipset: { value: "7.24", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.23", confidence: "inferred" }
    },
    {
      versions: ">=2.11.0",
      backend: { value: "nft", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: the v3 wrapper is installed at the root directory, so iptables stays the nft one", confidence: "inferred" },
      iptables: { value: "1.8.13", source: "cloudnativelabs/kube-router Makefile and Dockerfile at the tags: Alpine 3.24", confidence: "seen" },
      ipset: { value: "7.24", source: "kubernetes/kops#18724", confidence: "documented" }
    }
  ],
  notes: ["--use-nftables-for-netpol (experimental) puts policies into tables of its own; everything else stays with iptables (cloudnativelabs/kube-router docs/nftables.md), so what is told here of its tools holds in either mode."]
};

// src/knowledge/programs/kubelet.json
var kubelet_default = {
  id: "kubelet",
  title: "kubelet",
  kubelet: true,
  recognise: {
    paths: ["/usr/bin/kubelet", "/usr/local/bin/kubelet"]
  },
  operations: { value: ["append", "check"], source: "kubernetes/kubernetes pkg/kubelet/kubelet_network_linux.go: EnsureChain and EnsureRule; kubernetes/kubernetes pkg/util/iptables/iptables.go: these run -N, -C and -A or -I, the canary monitor lists its own chain in mangle only (Monitor asks tables[0]), and what makes a table incompatible is judged per table: no known program writes port ranges or NFLOG into mangle", confidence: "seen" },
  changesRules: { value: false, source: "kubernetes/kubernetes pkg/kubelet/kubelet_network_linux.go: rules are written at start and again only after a flush, which a check each minute looks for", confidence: "seen" },
  selects: { value: "path", source: "kubernetes/kubernetes pkg/util/iptables/iptables.go: runs iptables and ip6tables by plain name", confidence: "seen" },
  versions: [
    {
      versions: ">=1.17 <1.28",
      backend: { value: "host", source: "kubernetes-sigs/iptables-wrappers README.md: the kubelet runs the host iptables and leaves marker chains", confidence: "documented" },
      tables: { value: { writes: { "address-prefix": ["filter"], "mark-match": ["filter", "nat"] } }, source: "kubernetes/kubernetes pkg/kubelet/kubelet_network_linux.go of 1.27 and before: KUBE-FIREWALL is in filter, KUBE-POSTROUTING in nat", confidence: "seen" },
      writes: { value: ["address-prefix", "mark-match"], source: "kubernetes/kubernetes pkg/kubelet/kubelet_network_linux.go of 1.27 and before: KUBE-FIREWALL drops marked packets (-m mark --mark) and martian loopback packets (127.0.0.0/8), KUBE-POSTROUTING matches the masquerade mark", confidence: "seen" }
    },
    {
      versions: ">=1.28",
      backend: { value: "host", source: "kubernetes-sigs/iptables-wrappers README.md: the kubelet runs the host iptables and leaves marker chains", confidence: "documented" },
      tables: { value: { writes: { "address-prefix": ["filter"] } }, source: "kubernetes/kubernetes pkg/kubelet/kubelet_network_linux.go: KUBE-FIREWALL is in filter", confidence: "seen" },
      writes: { value: ["address-prefix"], source: "kubernetes/kubernetes pkg/kubelet/kubelet_network_linux.go: only the KUBE-FIREWALL rule for 127.0.0.0/8 and the marker chain are left since IPTablesOwnershipCleanup became final", confidence: "seen" },
      note: "since 1.28 the kubelet no longer writes the mark rules of kubernetes#112477"
    }
  ],
  notes: ["On hosts whose kubelet is a container (Talos) the iptables inside that container runs; the host row stands for it."]
};

// src/knowledge/programs/linkerd.json
var linkerd_default = {
  id: "linkerd",
  title: "Linkerd proxy-init and CNI plugin",
  recognise: {
    goModules: ["github.com/linkerd/linkerd2-proxy-init/proxy-init"],
    paths: ["/usr/lib/linkerd/linkerd2-proxy-init"]
  },
  writes: { value: ["port"], source: "linkerd/linkerd2-proxy-init pkg/iptables/iptables.go: --destination-port, multiport, owner; REDIRECT", confidence: "seen" },
  tables: { value: { writes: { port: ["nat"] }, reads: { "save-chains": ["nat"] } }, source: "linkerd/linkerd2-proxy-init pkg/iptables/iptables.go: -t nat in every command, -save -t nat", confidence: "seen" },
  operations: { value: ["append", "save-chains"], source: "linkerd/linkerd2-proxy-init pkg/iptables/iptables.go: -N and -A of its chains, then prints the -save output and goes by nothing in it", confidence: "seen" },
  changesRules: { value: false, source: "linkerd/linkerd2-proxy-init pkg/iptables/iptables.go: writes once for each pod", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "linkerd/linkerd2-proxy-init pkg/iptables/iptables.go: no ipset", confidence: "seen" },
  runs: { value: ["iptables-save", "ip6tables-save"], source: "linkerd/linkerd2-proxy-init pkg/iptables/iptables.go: without the commands that --iptables-mode names it takes those of nft, the plain ones or those of legacy", confidence: "seen" },
  selects: { value: "self", told: "nft", source: "linkerd/linkerd2-proxy-init proxy-init/cmd/root.go: --iptables-mode legacy, nft or plain; falls back by what exists. The charts name nft by default since August 2025 (linkerd/linkerd2#14326), legacy before", confidence: "seen" },
  network: { value: "pod", source: "linkerd/linkerd2-proxy-init README.md and cni-plugin/main.go: an init container of each pod, or a plugin in the namespace of each pod", confidence: "documented" },
  versions: [
    {
      versions: ">=2.0.0",
      backend: { value: "unknown", source: "linkerd/linkerd2-proxy-init proxy-init/cmd/root.go: --iptables-mode decides", confidence: "seen" },
      iptables: { value: "1.8.13", source: "linkerd/linkerd2-proxy-init Dockerfile: Alpine 3.24", confidence: "inferred" }
    }
  ],
  notes: ["It writes in the network namespace of each pod, where the programs of the node do not write."]
};

// src/knowledge/programs/microk8s.json
var microk8s_default = {
  id: "microk8s",
  title: "MicroK8s",
  kubelet: true,
  changesRules: { value: true, source: "runs kube-proxy", confidence: "documented" },
  versions: [
    {
      versions: ">=1.20.0",
      backend: { value: "unknown", source: "canonical/microk8s microk8s-resources/wrappers/run-kubelite-with-args: writes with iptables and with iptables-nft", confidence: "seen" },
      iptables: { value: "1.8.6", source: "canonical/microk8s snap/snapcraft.yaml at 2026-06-30", confidence: "seen" }
    }
  ],
  notes: ["The kubelet and kube-proxy run in one process with the iptables of the snap; the network plugin is a pod of its own, to be stated beside it. What the process writes was not read in a source: findings on it assume the common rules and say so."]
};

// src/knowledge/programs/netavark.json
var netavark_default = {
  id: "netavark",
  title: "Podman (netavark)",
  changesRules: { value: true, source: "rules change with each container", confidence: "inferred" },
  versions: [
    {
      versions: ">=1.0.0 <2.0.0",
      backend: { value: "unknown", source: "containers/netavark 1.x: iptables or nftables driver, a choice of build and configuration (actions/runner-images 0072c019e)", confidence: "documented" }
    },
    {
      versions: ">=2.0.0",
      backend: { value: "native-nft", source: "containers/netavark v2.1.0 src/firewall: nft.rs and firewalld.rs are the only drivers left", confidence: "seen" },
      writes: { value: [], source: "containers/netavark v2.1.0 src/firewall/nft.rs: a table of its own", confidence: "seen" },
      operations: { value: [], source: "containers/netavark v2.1.0 src/firewall/nft.rs: does not touch the tables of iptables", confidence: "seen" }
    }
  ]
};

// src/knowledge/programs/netbird.json
var netbird_default = {
  id: "netbird",
  title: "NetBird",
  recognise: {
    goModules: ["github.com/netbirdio/netbird/client"],
    paths: ["/usr/local/bin/netbird", "/go/bin/netbird"]
  },
  writes: { value: [], source: "netbirdio/netbird client/firewall/nftables/router_linux.go: in the tables of iptables interface and conntrack matches alone, beside a table of its own", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list-own-chain"], source: "netbirdio/netbird client/firewall/create_linux.go, client/firewall/iptables and client/firewall/nftables/router_linux.go: ChainExists of its own chains, Exists, Insert and Delete; where iptables cannot list filter it goes on without iptables", confidence: "seen" },
  changesRules: { value: true, source: "netbirdio/netbird client/firewall: rules follow peers and routes", confidence: "inferred" },
  ipset: { value: { creates: ["hash:net"], listsAll: false }, source: "netbirdio/netbird client/firewall/iptables/acl_linux.go: sets through netlink, and only with the iptables manager", confidence: "seen" },
  selects: { value: "path", source: "netbirdio/netbird client/firewall: coreos/go-iptables", confidence: "seen" },
  versions: [
    {
      versions: ">=0.27.0 <0.30.0",
      backend: { value: "host", source: "netbirdio/netbird client/firewall/create_linux.go: iptables of PATH; it writes a table of its own through netlink where nf_tables holds the rules of iptables, and with iptables alone elsewhere", confidence: "seen" },
      writes: { value: [], source: "netbirdio/netbird client/firewall/nftables at the tags: interface matches alone in the filter table of iptables", confidence: "inferred" }
    },
    {
      versions: ">=0.30.0 <0.30.2",
      backend: { value: "host", source: "netbirdio/netbird client/firewall/create_linux.go: iptables of PATH; it writes a table of its own through netlink where nf_tables holds the rules of iptables, and with iptables alone elsewhere", confidence: "seen" },
      writes: { value: ["nft-unknown-expression"], source: "netbirdio/netbird#2725 and #2727: a native ct state rule in the filter table of iptables", confidence: "documented" }
    },
    {
      versions: ">=0.30.2",
      backend: { value: "host", source: "netbirdio/netbird client/firewall/create_linux.go: iptables of PATH; it writes a table of its own through netlink where nf_tables holds the rules of iptables, and with iptables alone elsewhere", confidence: "seen" },
      writes: { value: [], source: "netbirdio/netbird client/firewall/nftables/router_linux.go: what it adds to the filter table of iptables it adds with iptables, interface and conntrack matches alone", confidence: "seen" }
    }
  ],
  notes: ["Installed on a node it runs the iptables of the node. With NB_SKIP_NFTABLES_CHECK=true it writes mark and port matches with iptables: state these as a program of your own.", "Its image has the iptables of Alpine: 1.8.9 up to 0.29, 1.8.10 from 0.30, 1.8.11 from 0.45, 1.8.13 from 0.77."]
};

// src/knowledge/programs/node-local-dns.json
var node_local_dns_default = {
  id: "node-local-dns",
  title: "NodeLocal DNSCache",
  recognise: {
    goModules: ["k8s.io/dns/cmd/node-cache"],
    paths: ["/node-cache"]
  },
  writes: { value: ["port"], source: "kubernetes/dns cmd/node-cache/app/cache_app.go: --dport and --sport of the DNS and health port, NOTRACK and ACCEPT", confidence: "seen" },
  tables: { value: { writes: { port: ["filter", "raw"] } }, source: "kubernetes/dns cmd/node-cache/app/cache_app.go: NOTRACK in raw, ACCEPT in filter, all by port", confidence: "seen" },
  operations: { value: ["append", "check", "delete"], source: "kubernetes/dns cmd/node-cache/app/cache_app.go: EnsureRule and DeleteRule of each rule, every minute", confidence: "seen" },
  changesRules: { value: false, source: "kubernetes/dns cmd/node-cache/app/cache_app.go: writes at start, checks at an interval", confidence: "seen" },
  ipset: { value: { creates: [], listsAll: false }, source: "kubernetes/dns cmd/node-cache/app/cache_app.go: no ipset", confidence: "seen" },
  selects: { value: "path", source: "kubernetes/kubernetes pkg/util/iptables/iptables.go", confidence: "seen" },
  versions: [
    {
      versions: ">=1.22.9 <1.22.24",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.7", source: "kubernetes/dns rules.mk: distroless-iptables v0.1", confidence: "inferred" }
    },
    {
      versions: ">=1.22.24",
      backend: { value: "follows-kubelet", source: "kubernetes/release images/build/distroless-iptables (variants.yaml history): iptables-wrapper v2", confidence: "seen" },
      iptables: { value: "1.8.9", source: "kubernetes/dns rules.mk: distroless-iptables v0.4 and later", confidence: "inferred" }
    }
  ]
};

// src/knowledge/programs/submariner.json
var submariner_default = {
  id: "submariner",
  title: "Submariner route agent and Globalnet",
  recognise: {
    goModules: ["github.com/submariner-io/submariner/pkg/routeagent_driver", "github.com/submariner-io/submariner/pkg/globalnet"],
    paths: ["/usr/local/bin/submariner-route-agent", "/usr/local/bin/submariner-globalnet"]
  },
  writes: { value: ["address-prefix", "mark-match", "port", "tcp-flags"], source: "submariner-io/submariner pkg/packetfilter/iptables/iptables.go: -s and -d of cluster networks, -m mark, --dport, --tcp-flags SYN,RST SYN of the MSS rules, sets", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list-own-chain"], source: "submariner-io/submariner pkg/packetfilter/iptables/iptables.go: ChainExists, AppendUnique and InsertUnique (-C), Delete, List of its chains", confidence: "seen" },
  changesRules: { value: false, source: "submariner-io/submariner pkg/routeagent_driver: writes as clusters join and leave", confidence: "inferred" },
  ipset: { value: { creates: ["hash:net", "hash:ip"], listsAll: false }, source: "submariner-io/submariner pkg/ipset/ipset.go: create, add, del, list -n and list of one named set", confidence: "seen" },
  runs: { value: ["ipset"], source: "submariner-io/submariner pkg/ipset/ipset.go", confidence: "seen" },
  selects: { value: "path", source: "submariner-io/submariner pkg/packetfilter/iptables/iptables.go: coreos/go-iptables", confidence: "seen" },
  versions: [
    {
      versions: ">=0.9.0 <0.20.0",
      backend: { value: "follows-kubelet", source: "submariner-io/submariner package/Dockerfile.submariner-route-agent: iptables-wrapper", confidence: "seen" },
      iptables: { value: "1.8.10", source: "submariner-io/submariner package/Dockerfile.submariner-route-agent at 0.19: Fedora 40", confidence: "inferred" },
      ipset: { value: "7.21", source: "submariner-io/submariner package/Dockerfile.submariner-route-agent at 0.19: Fedora 40", confidence: "inferred" }
    },
    {
      versions: ">=0.20.0",
      backend: { value: "unknown", source: "submariner-io/submariner#3355, #3359 and #3821: runs nft where it is deployed with nftables", confidence: "documented" }
    }
  ]
};

// src/knowledge/programs/tailscale.json
var tailscale_default = {
  id: "tailscale",
  title: "Tailscale",
  recognise: {
    goModules: ["tailscale.com/cmd/tailscaled"],
    paths: ["/usr/local/bin/tailscaled"]
  },
  writes: { value: ["address-prefix", "mark-match", "port"], source: "tailscale/tailscale util/linuxfw/iptables_runner.go: -m mark of the subnet route mark, -s of 100.64.0.0/10 and 100.115.92.0/23, --dport of its UDP port", confidence: "seen" },
  tables: { value: { writes: { "address-prefix": ["filter"], port: ["filter"] }, reads: { "list-own-chain": ["filter", "nat"] } }, source: "tailscale/tailscale util/linuxfw/iptables_runner.go: ts-input and ts-forward are in filter, ts-postrouting in nat", confidence: "seen" },
  operations: { value: ["append", "check", "delete", "list-own-chain"], source: "tailscale/tailscale util/linuxfw/iptables_runner.go: Exists, Insert and Append, Delete, List of its chains; where ip6tables cannot list filter or nat it does without IPv6", confidence: "seen" },
  changesRules: { value: false, source: "tailscale/tailscale wgengine/router/osrouter/router_linux.go: writes when its settings change", confidence: "inferred" },
  ipset: { value: { creates: [], listsAll: false }, source: "tailscale/tailscale util/linuxfw: no ipset", confidence: "seen" },
  selects: { value: "path", source: "tailscale/tailscale util/linuxfw/detector.go: iptables of PATH unless told otherwise", confidence: "seen", native: { name: "TS_DEBUG_FIREWALL_MODE", values: ["nftables", "auto"], writes: ["nft-unknown-expression"], source: "tailscale/tailscale util/linuxfw/detector.go: auto takes nftables wherever it is to be had and not only iptables is in use; util/linuxfw/nftables_runner.go: rules through netlink in the tables filter and nat, masquerade among them", confidence: "seen" } },
  network: { value: "pod", source: "tailscale/tailscale docs/k8s and cmd/k8s-operator: containers and pods of their own; with the node's network it has to be stated", confidence: "seen" },
  versions: [
    {
      versions: "<1.56.0",
      backend: { value: "legacy", source: "tailscale/tailscale Dockerfile.base at the tags", confidence: "seen" },
      iptables: { value: "1.8.8", source: "tailscale/tailscale Dockerfile.base at the tags: Alpine 3.16", confidence: "seen" }
    },
    {
      versions: ">=1.56.0 <1.82.0",
      backend: { value: "legacy", source: "tailscale/tailscale Dockerfile.base at the tags", confidence: "seen" },
      iptables: { value: "1.8.9", source: "tailscale/tailscale Dockerfile.base at the tags: Alpine 3.18", confidence: "seen" }
    },
    {
      versions: ">=1.82.0 <1.90.0",
      backend: { value: "legacy", source: "tailscale/tailscale Dockerfile.base at the tags: links put back to iptables-legacy", confidence: "seen" },
      iptables: { value: "1.8.10", source: "tailscale/tailscale Dockerfile.base at the tags: Alpine 3.19", confidence: "seen" }
    },
    {
      versions: ">=1.90.0 <1.94.0",
      backend: { value: "nft", source: "tailscale/tailscale#17854: the links were made in /sbin, and Alpine 3.22 has its own in /usr/sbin", confidence: "documented" },
      iptables: { value: "1.8.11", source: "tailscale/tailscale Dockerfile.base at the tags: Alpine 3.22", confidence: "seen" }
    },
    {
      versions: ">=1.94.0",
      backend: { value: "legacy", source: "tailscale/tailscale Dockerfile.base at the tags: links in /usr/sbin put back to iptables-legacy", confidence: "seen" },
      iptables: { value: "1.8.11", source: "tailscale/tailscale Dockerfile.base at the tags: Alpine 3.22", confidence: "seen" }
    }
  ],
  notes: ["In userspace mode (TS_USERSPACE, on by default in its image) it writes no rules.", "The Kubernetes operator sets TS_DEBUG_FIREWALL_MODE=auto (cmd/k8s-operator/sts.go): state it under images, env."]
};

// src/knowledge/programs/ufw.json
var ufw_default = {
  id: "ufw",
  title: "ufw",
  writes: { value: ["address-prefix", "port", "port-range", "tcp-flags"], source: "ufw rule files and user rules: --dport of allowed ports and ranges, prefixes; before.rules", confidence: "inferred" },
  operations: { value: ["append", "check", "delete", "list", "list-own-chain"], source: "void-linux/void-packages#57399: iptables-restore -n of its own chains", confidence: "documented" },
  changesRules: { value: false, source: "changes on configuration only", confidence: "inferred" },
  selects: { value: "path", source: "runs iptables and iptables-restore by plain name", confidence: "documented" },
  versions: [
    {
      versions: ">=0.36.0",
      backend: { value: "host", source: "void-linux/void-packages#57399, velvet-os/imagebuilder#131", confidence: "documented" }
    }
  ]
};

// src/knowledge/programs/index.ts
var programProfiles = [
  antrea_default,
  aws_vpc_cni_default,
  azure_npm_default,
  calico_default,
  cilium_default,
  docker_default,
  firewalld_default,
  flannel_default,
  ip_masq_agent_default,
  istio_default,
  istio_cni_default,
  k0s_default,
  k3s_default,
  kilo_default,
  kind_kindnetd_default,
  kindnet_default,
  kube_network_policies_default,
  kube_ovn_default,
  kube_proxy_default,
  kube_proxy_ipvs_default,
  kube_proxy_nftables_default,
  kube_router_default,
  kubelet_default,
  linkerd_default,
  microk8s_default,
  netavark_default,
  netbird_default,
  node_local_dns_default,
  submariner_default,
  tailscale_default,
  ufw_default
];

// src/knowledge/wrapper-choices.json
var wrapper_choices_default = {
  comment: "What the scripts and programs named in wrappers.json look for when they choose the backend of iptables, in this order: the variable, the kernel, marker chains in nft and then in legacy, more of a kubelet's chains in nft, so many legacy rules that nothing else is asked, more rules in one of the two; and what they take when they find nothing.",
  generations: [
    {
      version: "v1",
      successor: "v3",
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v1/iptables-wrapper-installer.sh",
      note: "counts the rules of both backends; legacy when it has as many or more, none in both included"
    },
    {
      version: "v1-kubelet",
      successor: "v3",
      moreChains: ["KUBE-MARK-DROP", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"],
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/cd2c881/iptables-wrapper-installer.sh",
      note: "nft with more of the kubelet's chains in it than in legacy; else counts as v1, legacy on a tie"
    },
    {
      version: "v1-kubelet-timeout",
      successor: "v3",
      moreChains: ["KUBE-MARK-DROP", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"],
      enough: 10,
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/cd2c881/iptables-wrapper-installer.sh",
      note: "nft with more of the kubelet's chains in it than in legacy; else as v1-timeout"
    },
    {
      version: "v1-nft",
      successor: "v3",
      legacyWith: "more",
      fallback: "nft",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/2a9e1a1/iptables-wrapper-installer.sh",
      note: "counts the rules of both backends; legacy only when it has more"
    },
    {
      version: "v1-timeout",
      successor: "v3",
      enough: 10,
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v1/iptables-wrapper-installer.sh",
      note: "legacy with ten rules or more in it, whatever nft has; else counts as v1, legacy on a tie"
    },
    {
      version: "kind",
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/kubernetes-sigs/kind/blob/main/images/base/files/usr/local/bin/entrypoint",
      note: "decides as v1 when the node starts: legacy on a tie; older releases also with ten rules or more"
    },
    {
      version: "klipper-lb",
      misdetects: "The start script takes nft only where lsmod lists nf_tables: leave such hosts out, or start the program without the script and with an iptables-wrapper.",
      ineffective: "Make the start script set its links in /usr/sbin, as klipper-lb does from v0.4.11 on: those in /sbin come after the image's own.",
      kernel: { module: "nf_tables", listed: "nft", other: "legacy" },
      legacyWith: "never",
      fallback: "legacy",
      source: "https://github.com/k3s-io/klipper-lb/blob/master/entry",
      note: "looks at no rules: nft where lsmod lists nf_tables, which it does not where that is built in; else legacy"
    },
    {
      version: "docker-dind",
      variable: { name: "DOCKER_IPTABLES_LEGACY", values: { "1": "legacy", true: "legacy", "": "nft" } },
      enough: 1,
      legacyWith: "more",
      fallback: "nft",
      withoutNft: "legacy",
      source: "https://github.com/docker-library/docker/blob/master/dockerd-entrypoint.sh",
      note: "legacy where the namespace has tables of legacy iptables, else nft, and legacy again where the kernel has no nf_tables; DOCKER_IPTABLES_LEGACY before all"
    },
    {
      version: "weave",
      ineffective: "Let `iptables` lead to iptables-legacy in the image: the start script sets the links of nft alone and leaves legacy as it finds it.",
      variable: { name: "IPTABLES_BACKEND", values: { nft: "nft", legacy: "legacy" } },
      enough: 10,
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/rajch/weave/blob/v2.9.0/prog/weave-kube/launch.sh",
      note: "IPTABLES_BACKEND, then legacy with ten rules or more in it, whatever nft has; else counts as v1, legacy on a tie"
    },
    {
      version: "v2",
      chains: {
        nft: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"],
        legacy: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"]
      },
      legacyWith: "more",
      fallback: "nft",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v2/iptables-wrapper-installer.sh",
      note: "the kubelet's marker chains, then counted rules, legacy only with more of them"
    },
    {
      version: "go",
      chains: {
        nft: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"],
        legacy: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"]
      },
      legacyWith: "never",
      fallback: "nft",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers: the Go program at commits 680003b, 5792812 and c6b9b2d",
      note: "the kubelet's marker chains, else nft"
    },
    {
      version: "v3",
      chains: {
        nft: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"],
        legacy: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"]
      },
      legacyWith: "never",
      fallback: "nft",
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/tree/v3",
      note: "the kubelet's marker chains, else nft"
    },
    {
      version: "kube-ovn",
      chains: {
        nft: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"],
        legacy: ["KUBE-IPTABLES-HINT", "KUBE-KUBELET-CANARY"]
      },
      legacyWith: "more",
      fallback: "nft",
      source: "https://github.com/kubeovn/kube-ovn/tree/master/dist/images",
      note: "decides as v2"
    },
    {
      version: "cilium",
      chains: {
        nft: ["KUBE-IPTABLES-HINT", "KUBE-PROXY-CANARY"],
        legacy: ["KUBE-IPTABLES-HINT", "KUBE-PROXY-CANARY", "KUBE-KUBELET-CANARY"]
      },
      legacyWith: "more",
      fallback: "nft",
      source: "https://github.com/cilium/cilium/tree/main/images/runtime",
      note: "the marker chains of kube-proxy and KUBE-IPTABLES-HINT of the kubelet first, then counted rules; its branch for KUBE-KUBELET-CANARY in nft can never be taken, because it tests another variable than the one it sets"
    },
    {
      version: "k3s",
      variable: { name: "IPTABLES_MODE", values: { nft: "nft", legacy: "legacy" } },
      enough: 10,
      legacyWith: "more",
      source: "https://github.com/k3s-io/k3s-root/blob/master/iptables-detect/iptables-detect.sh",
      note: "IPTABLES_MODE, then legacy with ten rules or more, then counted rules; without any, legacy where /proc/1/cgroup names a container (cgroup v1), else by /etc/alternatives and os-release of the image"
    },
    {
      version: "terway",
      kernel: {
        releases: [
          { pattern: "el7|an7", majors: [3, 3], backend: "legacy" },
          { pattern: "al7", majors: [4, 4], backend: "legacy" },
          { pattern: "el8|an8", majors: [4, null], backend: "nft" },
          { pattern: "al8|lifsea8", majors: [5, null], backend: "nft" }
        ]
      },
      legacyWith: "as-many",
      fallback: "legacy",
      source: "https://github.com/AliyunContainerService/terway/blob/89aadf8b/hack/iptables-wrapper-installer.sh",
      note: "by the kernel release on hosts of the generations 7 (legacy) and 8 (nft) of RHEL, Anolis and Alibaba Cloud Linux; elsewhere counts rules as v1"
    }
  ]
};

// src/toolchain/binaries/loader.ts
import { basename as basename2, dirname as dirname3 } from "node:path/posix";

// src/toolchain/content.ts
function contentOf(node) {
  const content = node?.type === "file" ? node.content : void 0;
  return typeof content === "object" && content !== null && "kind" in content ? content : void 0;
}
function textAt(tree2, path) {
  const resolved = tree2.resolve(path);
  const content = resolved.found ? contentOf(resolved.node) : void 0;
  return content?.kind === "text" ? content.text : void 0;
}

// src/toolchain/environment.ts
function variableOf(env, name) {
  return env.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
function pickVariables(env, names2) {
  const picked = {};
  for (const entry of env) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, at);
    if (at > 0 && names2.includes(name)) picked[name] = entry.slice(at + 1);
  }
  return picked;
}

// src/toolchain/file-names.ts
var NETFILTER_LIBRARIES = "lib(?:nftnl|xtables|mnl|ip[46]?tc|ipset|nftables|ebtc|netfilter_|nfnetlink)";
var TOOL = /tables|^nft$|^ipset$|^conntrackd?$/;
var NETFILTER_LIBRARY = /^lib(?:nftnl|xtables|mnl|ip[46]tc|ipset|nftables|ebtc|netfilter_conntrack|nfnetlink)\.so(?:\.|$)/;
var LEGACY_LIBRARY = /^libip[46]?tc\.so(?:\.|$)/;
var EXTENSION = /^lib(?:xt|ipt|ip6t|ebt|arpt)_.+\.so$/;
var SUPPORT_LIBRARY = /^(?:ld-(?:linux|musl)[-.\w]*|ld(?:64)?|lib(?:c|m|dl|rt|pthread|resolv|gcc_s|jansson|gmp|readline|edit|tinfow?|ncursesw?|bsd|md|pcap|cap|netfilter_\w+|systemd|tirpc|nl-(?:genl-)?3|popt))(?:-[\d.]+)?\.so(?:\.|$)/;
var ANY_OF_THEM = new RegExp(
  [TOOL, NETFILTER_LIBRARY, EXTENSION, SUPPORT_LIBRARY].map(({ source }) => source).join("|")
);
function isWantedName(name) {
  if (!ANY_OF_THEM.test(name)) return false;
  return isNetfilterLibrary(name) || isToolName(name) || isSupportLibrary(name) || isExtension(name);
}
function isScriptName(name) {
  return name.endsWith(".sh");
}
function isToolName(name) {
  return TOOL.test(name) && !/\.(?:so|conf|md|txt|service|h|gz)\b/.test(name);
}
function isNetfilterLibrary(name) {
  return NETFILTER_LIBRARY.test(name);
}
function isExtension(name) {
  return EXTENSION.test(name);
}
function isSupportLibrary(name) {
  return SUPPORT_LIBRARY.test(name);
}
function isProgramDirectory(path) {
  return /^(?:.*\/)?(?:s?bin|libexec|aux)\/[^/]+$|^\/[^/]+$/.test(path);
}

// src/toolchain/binaries/loader-paths.ts
import { basename, dirname as dirname2 } from "node:path/posix";
var MUSL_DEFAULT = ["/lib", "/usr/local/lib", "/usr/lib"];
var MAX_FILES = 256;
var MAX_PATTERNS = 8;
var MAX_DIRECTORIES = 256;
function configuredDirectories(tree2) {
  const directories = [];
  readConfig2(tree2, "/etc/ld.so.conf", directories, /* @__PURE__ */ new Set());
  return {
    glibc: directories,
    musl(interpreter) {
      const text = textAt(tree2, `/etc/${basename(interpreter).replace(/\.so\.\d+$/, "")}.path`);
      if (text === void 0) return MUSL_DEFAULT;
      return text.split(/[:\n]/).filter((entry) => entry.startsWith("/")).slice(0, MAX_DIRECTORIES);
    }
  };
}
function readConfig2(tree2, path, into, seen) {
  if (seen.has(path) || seen.size >= MAX_FILES) return;
  seen.add(path);
  for (const line of (textAt(tree2, path) ?? "").split("\n")) {
    if (into.length >= MAX_DIRECTORIES) return;
    const [word = "", ...rest] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (word.startsWith("/")) into.push(word.replace(/=.*/, "").replace(/(?<=.)\/+$/, ""));
    if (word !== "include") continue;
    for (const pattern of rest.slice(0, MAX_PATTERNS)) {
      const whole = pattern.startsWith("/") ? pattern : `${dirname2(path)}/${pattern}`;
      if (pattern.includes("*") && !isNewPattern(whole, seen)) continue;
      for (const file of expandPattern(tree2, whole)) readConfig2(tree2, file, into, seen);
    }
  }
}
function isNewPattern(pattern, seen) {
  const patterns = [...seen].filter((entry) => entry.includes("*"));
  if (patterns.includes(pattern) || patterns.length >= MAX_PATTERNS) return false;
  seen.add(pattern);
  return true;
}
function expandPattern(tree2, pattern) {
  const [before = "", after, ...more] = basename(pattern).split("*");
  if (after === void 0) return [pattern];
  if (more.length > 0) return [];
  const folder = dirname2(pattern);
  return tree2.list(folder).filter((name) => name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after)).map((name) => `${folder}/${name}`);
}
function isLoaderConfig(path) {
  return /\/(?:ld\.so\.conf|ld\.so\.conf\.d\/[^/]+\.conf|ld-musl-[^/]+\.path)$/.test(path);
}

// src/toolchain/bounds.ts
function withinBounds(action) {
  try {
    return action();
  } catch (error) {
    if (error instanceof RangeError) return void 0;
    throw error;
  }
}

// src/toolchain/binaries/elf.ts
function viewElf(bytes, header) {
  const read = reader(bytes, header.bits, header.littleEndian);
  const segment = header.segments.find((entry) => entry.type === PT_DYNAMIC);
  const entries = (segment && withinBounds(() => dynamicEntries(read, header.bits, segment))) ?? [];
  return {
    header,
    read,
    offsetOf: (address) => fileOffset(header, address),
    dynamicValue: (tag) => entries.find((entry) => entry.tag === tag)?.value,
    text: (offset) => stringAt(bytes, offset)
  };
}
var PT_LOAD = 1;
var PT_DYNAMIC = 2;
var PT_INTERP = 3;
var PF_W = 2;
var PF_X = 1;
var VER_FLG_WEAK = 2;
var MAX_SEGMENTS = 256;
var MAX_DYNAMIC_ENTRIES = 2048;
var MAX_VERSIONS = 1024;
var MAX_NAME_LENGTH = 1024;
function isElf(bytes) {
  return bytes.length >= 4 && bytes[0] === 127 && bytes[1] === 69 && bytes[2] === 76 && bytes[3] === 70;
}
function readElfHeader(bytes) {
  if (!isElf(bytes) || bytes.length < 52) return void 0;
  const bits = bytes[4] === 2 ? 64 : 32;
  const littleEndian = bytes[5] !== 2;
  return withinBounds(() => {
    const read = reader(bytes, bits, littleEndian);
    const machine = read.u16(18);
    const table2 = bits === 64 ? read.word(32) : read.word(28);
    const entrySize = read.u16(bits === 64 ? 54 : 42);
    const count = Math.min(read.u16(bits === 64 ? 56 : 44), MAX_SEGMENTS);
    const segments = [];
    for (let i = 0; i < count; i++) segments.push(readSegment(read, bits, table2 + i * entrySize));
    return { bits, littleEndian, machine, architecture: architectureOf(machine, bits, littleEndian), segments };
  });
}
function readInterpreter(bytes, header) {
  const segment = header.segments.find((entry) => entry.type === PT_INTERP);
  return segment && withinBounds(() => stringAt(bytes, segment.offset));
}
function readElfDynamic(bytes, header) {
  const segment = header.segments.find((entry) => entry.type === PT_DYNAMIC);
  if (!segment) return void 0;
  const versions = { definitions: [], needs: [] };
  const dynamic = {
    needed: [],
    soname: void 0,
    runpath: [],
    isRpath: false,
    versions: () => versions
  };
  withinBounds(() => fillDynamic(dynamic, bytes, header, segment));
  return dynamic;
}
var DT = {
  NEEDED: 1,
  STRTAB: 5,
  SONAME: 14,
  RPATH: 15,
  RUNPATH: 29,
  VERDEF: 1879048188,
  VERDEFNUM: 1879048189,
  VERNEED: 1879048190,
  VERNEEDNUM: 1879048191
};
function fillDynamic(dynamic, bytes, header, segment) {
  const read = reader(bytes, header.bits, header.littleEndian);
  const entries = dynamicEntries(read, header.bits, segment);
  const valuesOf3 = (tag) => entries.filter((entry) => entry.tag === tag).map((entry) => entry.value);
  const strings2 = fileOffset(header, valuesOf3(DT.STRTAB)[0]);
  if (strings2 === void 0) return;
  const name = (offset) => stringAt(bytes, strings2 + offset);
  for (const offset of valuesOf3(DT.NEEDED)) dynamic.needed.push(name(offset));
  const soname = valuesOf3(DT.SONAME)[0];
  if (soname !== void 0) dynamic.soname = name(soname);
  const own2 = valuesOf3(DT.RUNPATH)[0];
  const runpath = own2 ?? valuesOf3(DT.RPATH)[0];
  dynamic.isRpath = own2 === void 0 && runpath !== void 0;
  if (runpath !== void 0) dynamic.runpath = name(runpath).split(":");
  dynamic.versions = () => readVersions(read, header, valuesOf3, name);
}
function readVersions(read, header, valuesOf3, name) {
  const versions = { definitions: [], needs: [] };
  withinBounds(() => {
    const tableAt = (start, number3) => {
      const at = fileOffset(header, valuesOf3(start)[0]);
      return at === void 0 ? void 0 : { read, at, count: Math.min(valuesOf3(number3)[0] ?? 0, MAX_VERSIONS), name };
    };
    const definitions = tableAt(DT.VERDEF, DT.VERDEFNUM);
    if (definitions) readVersionDefinitions(definitions, versions.definitions);
    const needs2 = tableAt(DT.VERNEED, DT.VERNEEDNUM);
    if (needs2) readVersionNeeds(needs2, versions.needs);
  });
  return versions;
}
function dynamicEntries(read, bits, segment) {
  const size = bits / 4;
  const count = Math.min(Math.floor(segment.fileSize / size), MAX_DYNAMIC_ENTRIES);
  const entries = [];
  for (let i = 0; i < count; i++) {
    const tag = read.word(segment.offset + i * size);
    if (tag === 0) break;
    entries.push({ tag, value: read.word(segment.offset + i * size + size / 2) });
  }
  return entries;
}
function readVersionDefinitions({ read, at: start, count, name }, into) {
  let at = start;
  for (let i = 0; i < count; i++) {
    const isBase = (read.u16(at + 2) & 1) === 1;
    if (!isBase) into.push(name(read.u32(at + read.u32(at + 12))));
    const next = read.u32(at + 16);
    if (next === 0) return;
    at += next;
  }
}
function readVersionNeeds({ read, at: start, count, name }, into) {
  let at = start;
  let left = MAX_VERSIONS;
  for (let i = 0; i < count; i++) {
    const library = name(read.u32(at + 4));
    let auxiliary = at + read.u32(at + 8);
    for (let j = read.u16(at + 2); j > 0; j--) {
      if (left-- === 0) return;
      const isWeak = (read.u16(auxiliary + 4) & VER_FLG_WEAK) !== 0;
      if (!isWeak) into.push({ library, version: name(read.u32(auxiliary + 8)) });
      const next2 = read.u32(auxiliary + 12);
      if (next2 === 0) break;
      auxiliary += next2;
    }
    const next = read.u32(at + 12);
    if (next === 0) return;
    at += next;
  }
}
function readSegment(read, bits, at) {
  return bits === 64 ? {
    type: read.u32(at),
    flags: read.u32(at + 4),
    offset: read.word(at + 8),
    address: read.word(at + 16),
    fileSize: read.word(at + 32)
  } : {
    type: read.u32(at),
    flags: read.u32(at + 24),
    offset: read.u32(at + 4),
    address: read.u32(at + 8),
    fileSize: read.u32(at + 16)
  };
}
function fileOffset(header, address) {
  if (address === void 0) return void 0;
  const segment = header.segments.find(
    (entry) => entry.type === PT_LOAD && address >= entry.address && address < entry.address + entry.fileSize
  );
  return segment && address - segment.address + segment.offset;
}
function reader(bytes, bits, littleEndian) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const u8 = (at) => view.getUint8(at);
  const u16 = (at) => view.getUint16(at, littleEndian);
  const u32 = (at) => view.getUint32(at, littleEndian);
  const u64 = (at) => u32(littleEndian ? at : at + 4) + u32(littleEndian ? at + 4 : at) * 2 ** 32;
  return { u8, u16, u32, word: bits === 64 ? u64 : u32 };
}
function stringAt(bytes, at) {
  if (!Number.isSafeInteger(at) || at < 0 || at >= bytes.length) throw new RangeError("string outside the file");
  const end = bytes.indexOf(0, at);
  return bytes.toString("latin1", at, Math.min(end < 0 ? bytes.length : end, at + MAX_NAME_LENGTH));
}
function architectureOf(machine, bits, littleEndian) {
  switch (machine) {
    case 3:
      return "386";
    case 8:
      return `mips${bits === 64 ? "64" : ""}${littleEndian ? "le" : ""}`;
    case 20:
      return "ppc";
    case 21:
      return littleEndian ? "ppc64le" : "ppc64";
    case 22:
      return "s390x";
    case 40:
      return "arm";
    case 62:
      return "amd64";
    case 183:
      return "arm64";
    case 243:
      return bits === 64 ? "riscv64" : "riscv32";
    case 258:
      return "loong64";
    default:
      return void 0;
  }
}

// src/toolchain/binaries/symbols.ts
var LIBRARY_OF = [
  ["xtables_", "libxtables"],
  ["xt_", "libxtables"],
  ["nftnl_", "libnftnl"],
  ["mnl_", "libmnl"],
  ["nft_", "libnftables"],
  ["ipset_", "libipset"],
  ["iptc_", "libip4tc"],
  ["ip6tc_", "libip6tc"]
];
var DT2 = {
  HASH: 4,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  REL: 17,
  RELSZ: 18,
  PLTREL: 20,
  JMPREL: 23,
  PLTRELSZ: 2,
  GNU_HASH: 1879047925
};
var STB_GLOBAL = 1;
var MAX_SYMBOLS = 16 * 1024;
var MAX_NAMES = 4096;
var MAX_NAME_LENGTH2 = 128;
var MAX_RELOCATIONS = 256 * 1024;
function libraryOfSymbol(name) {
  return LIBRARY_OF.find(([prefix]) => name.startsWith(prefix))?.[1];
}
function readNetfilterSymbols(bytes, header) {
  const view = viewElf(bytes, header);
  const symbols = openSymbols(view);
  if (symbols === void 0) return { imports: [], exports: void 0 };
  const imports = withinBounds(() => readImports(view, symbols)) ?? [];
  return { imports, exports: withinBounds(() => readExports(view, symbols)) };
}
function openSymbols(view) {
  const at = (tag) => {
    const address = view.dynamicValue(tag);
    return address === void 0 ? void 0 : view.offsetOf(address);
  };
  const table2 = at(DT2.SYMTAB);
  const strings2 = at(DT2.STRTAB);
  if (table2 === void 0 || strings2 === void 0) return void 0;
  const [size, info, section] = view.header.bits === 64 ? [24, 4, 6] : [16, 12, 14];
  return {
    name(index, wanted) {
      const entry = table2 + index * size;
      const isDefined = view.read.u16(entry + section) !== 0;
      const binding = view.read.u8(entry + info) >> 4;
      const fits = wanted === "defined" ? isDefined && binding !== 0 : !isDefined && binding === STB_GLOBAL;
      return fits ? view.text(strings2 + view.read.u32(entry)) : void 0;
    }
  };
}
function readImports(view, symbols) {
  const word = view.header.bits / 8;
  const pltEntry = view.dynamicValue(DT2.PLTREL) === DT2.RELA ? 3 * word : 2 * word;
  const indices = /* @__PURE__ */ new Set([
    ...symbolIndices(view, DT2.RELA, DT2.RELASZ, 3 * word),
    ...symbolIndices(view, DT2.REL, DT2.RELSZ, 2 * word),
    ...symbolIndices(view, DT2.JMPREL, DT2.PLTRELSZ, pltEntry)
  ]);
  return [...indices].flatMap((index) => symbols.name(index, "asked") ?? []).filter(isOfNetfilter).slice(0, MAX_NAMES);
}
function symbolIndices(view, tag, sizeTag, entry) {
  const indices = /* @__PURE__ */ new Set();
  const address = view.dynamicValue(tag);
  const start = address === void 0 ? void 0 : view.offsetOf(address);
  if (start === void 0) return indices;
  const { bits, littleEndian } = view.header;
  const count = Math.min(Math.floor((view.dynamicValue(sizeTag) ?? 0) / entry), MAX_RELOCATIONS);
  for (let i = 0; i < count; i++) {
    const at = start + i * entry;
    const index = bits === 64 ? view.read.u32(at + (littleEndian ? 12 : 8)) : view.read.u32(at + 4) >>> 8;
    if (index !== 0) indices.add(index);
  }
  return indices;
}
function readExports(view, symbols) {
  const range = gnuHashRange(view) ?? hashRange(view);
  if (range === void 0 || range.end - range.start > MAX_SYMBOLS) return void 0;
  const names2 = [];
  for (let index = range.start; index < range.end; index++) {
    const name = symbols.name(index, "defined");
    if (name !== void 0 && isOfNetfilter(name)) names2.push(name);
  }
  return names2.length <= MAX_NAMES ? names2 : void 0;
}
function gnuHashRange(view) {
  const address = view.dynamicValue(DT2.GNU_HASH);
  const at = address === void 0 ? void 0 : view.offsetOf(address);
  if (at === void 0) return void 0;
  const { u32 } = view.read;
  const [buckets, start, bloom] = [u32(at), u32(at + 4), u32(at + 8)];
  const table2 = at + 16 + bloom * (view.header.bits / 8);
  if (buckets > MAX_SYMBOLS) return void 0;
  let last = 0;
  for (let i = 0; i < buckets; i++) last = Math.max(last, u32(table2 + 4 * i));
  if (last < start) return { start, end: start };
  const chains = table2 + 4 * buckets;
  while (last - start < MAX_SYMBOLS && (u32(chains + 4 * (last - start)) & 1) === 0) last++;
  return { start, end: last + 1 };
}
function hashRange(view) {
  const address = view.dynamicValue(DT2.HASH);
  const at = address === void 0 ? void 0 : view.offsetOf(address);
  if (at === void 0 || view.header.architecture === "s390x") return void 0;
  return { start: 1, end: view.read.u32(at + 4) };
}
function isOfNetfilter(name) {
  return name.length <= MAX_NAME_LENGTH2 && libraryOfSymbol(name) !== void 0;
}

// src/toolchain/binaries/loader.ts
var MULTIARCH = {
  amd64: ["x86_64-linux-gnu"],
  arm64: ["aarch64-linux-gnu"],
  arm: ["arm-linux-gnueabihf", "arm-linux-gnueabi"],
  "386": ["i386-linux-gnu"],
  loong64: ["loongarch64-linux-gnu"],
  ppc64le: ["powerpc64le-linux-gnu"],
  riscv64: ["riscv64-linux-gnu"],
  s390x: ["s390x-linux-gnu"]
};
var USUAL = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];
var MAX_OBJECTS = 256;
function createLoader(tree2, env) {
  const preferred = (variableOf(env, "LD_LIBRARY_PATH") ?? "").split(/[:;]/).filter((entry) => entry.startsWith("/"));
  const configured = configuredDirectories(tree2);
  function search(program, object2, soname) {
    const own2 = expand(object2.content?.runpath ?? [], object2.path, program.content);
    const inherits = program.content.isRpath === true || isMusl(program.content);
    const inherited = inherits ? expand(program.content.runpath ?? [], program.path, program.content) : [];
    const system = isMusl(program.content) ? configured.musl(program.content.interpreter ?? "") : [...configured.glibc, ...usualDirectories(program.content)];
    for (const directory of [...preferred, ...own2, ...inherited, ...system]) {
      const loaded = lookUp(tree2, `${directory}/${soname}`, program.content.architecture);
      if (loaded) return loaded;
    }
    return void 0;
  }
  function find3(program, object2, soname) {
    if (soname.includes("/")) return lookUp(tree2, soname.startsWith("/") ? soname : `/${soname}`, void 0);
    const { interpreter } = program.content;
    if (interpreter !== void 0 && (soname === basename2(interpreter) || isPartOfMusl(program.content, soname)))
      return lookUp(tree2, interpreter, void 0);
    return search(program, object2, soname);
  }
  return {
    find: (program, soname) => find3(program, program, soname),
    missing(program) {
      const { interpreter, needed } = program.content;
      if (interpreter !== void 0 && !lookUp(tree2, interpreter, void 0)) return [interpreter];
      if (interpreter === void 0 && needed.length === 0) return [];
      return followNeeds(program, (object2, soname) => find3(program, object2, soname));
    }
  };
}
function followNeeds(program, find3) {
  const loaded = /* @__PURE__ */ new Map();
  const objects = [program];
  const missing = /* @__PURE__ */ new Set();
  for (let i = 0; i < objects.length && i < MAX_OBJECTS; i++) {
    const object2 = objects[i];
    for (const soname of object2?.content?.needed ?? []) {
      if (loaded.has(soname) || !object2) continue;
      const library = find3(object2, soname);
      loaded.set(soname, library);
      if (!library) missing.add(soname);
      else if (library.content) objects.push(library);
    }
  }
  for (const symbol of missingSymbols(objects, loaded)) missing.add(symbol);
  if (isMusl(program.content)) return [...missing];
  for (const object2 of objects)
    for (const { library, version: version2 } of object2.content?.versionNeeds ?? []) {
      const defined = loaded.get(library)?.content?.versionDefinitions ?? [];
      if (defined.length > 0 && !defined.includes(version2)) missing.add(`${version2} (${library})`);
    }
  return [...missing];
}
var MAX_SYMBOLS_NAMED = 2;
function missingSymbols(objects, loaded) {
  const libraries2 = [...loaded];
  const isKnown = ([soname, library]) => isNetfilterLibrary(soname) ? library?.content?.exports !== void 0 : isSupportLibrary(soname);
  if (!libraries2.every(isKnown)) return [];
  const defined = new Set(libraries2.flatMap(([, library]) => library?.content?.exports ?? []));
  const lacking = new Set(
    objects.flatMap(({ content }) => content?.imports ?? []).filter((name) => !defined.has(name))
  );
  const named = [...lacking].flatMap((name) => {
    const soname = libraries2.find(([each]) => each.startsWith(`${libraryOfSymbol(name)}.so`))?.[0];
    return soname === void 0 ? [] : [{ name, soname }];
  });
  return [...Map.groupBy(named, ({ soname }) => soname)].flatMap(
    ([soname, symbols]) => symbols.slice(0, MAX_SYMBOLS_NAMED).map(({ name }) => `${name} (${soname})`)
  );
}
function lookUp(tree2, path, architecture) {
  const resolved = tree2.resolve(path);
  if (!resolved.found || resolved.node.type !== "file") return void 0;
  const content = contentOf(resolved.node);
  if (content?.kind !== "binary") return { path: resolved.path, node: resolved.node };
  const isOther = architecture !== void 0 && content.architecture !== void 0;
  if (isOther && content.architecture !== architecture) return void 0;
  return { path: resolved.path, node: resolved.node, content };
}
function isMusl(program) {
  return /\/ld-musl-[^/]*$/.test(program.interpreter ?? "");
}
function isPartOfMusl(program, soname) {
  return isMusl(program) && /^lib(?:c|pthread|rt|m|dl|util|xnet)\./.test(soname);
}
function usualDirectories(program) {
  const triplets = MULTIARCH[program.architecture ?? ""] ?? [];
  return [...triplets.flatMap((triplet) => [`/lib/${triplet}`, `/usr/lib/${triplet}`]), ...USUAL];
}
function expand(entries, path, program) {
  const libraries2 = ["lib64", ...(MULTIARCH[program.architecture ?? ""] ?? []).map((name) => `lib/${name}`), "lib"];
  return entries.map((entry) => entry.replace(/\$(?:ORIGIN|\{ORIGIN\})/g, () => dirname3(path))).flatMap(
    (entry) => /\$(?:LIB|\{LIB\})/.test(entry) ? libraries2.map((name) => entry.replace(/\$(?:LIB|\{LIB\})/g, () => name)) : [entry]
  ).filter((entry) => entry.startsWith("/"));
}

// src/toolchain/commands.ts
import { basename as basename3 } from "node:path/posix";

// src/toolchain/paths.ts
import { dirname as dirname4 } from "node:path/posix";
function nameOf2(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}
function inDirectory(directory, name) {
  return `${directory === "/" ? "" : directory}/${name}`;
}
function createPathResolver(tree2) {
  const directories = /* @__PURE__ */ new Map();
  return (path) => {
    const parent = dirname4(path);
    let real = directories.get(parent);
    if (real === void 0) {
      const resolved = tree2.resolve(parent);
      real = resolved.found ? resolved.path : parent;
      directories.set(parent, real);
    }
    return inDirectory(real, nameOf2(path));
  };
}

// src/toolchain/commands.ts
var DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
var MAX_PATH_ENTRIES = 64;
function pathDirectories(env) {
  return splitPath2(variableOf(env, "PATH") ?? DEFAULT_PATH);
}
function splitPath2(value) {
  const directories = value.split(":").filter((entry) => entry.startsWith("/"));
  return [...new Set(directories.map((entry) => entry.replace(/(?<=.)\/+$/, "")))].slice(0, MAX_PATH_ENTRIES);
}
function createCommandFinder(tree2, directories) {
  const known = /* @__PURE__ */ new Map();
  const find3 = (name) => {
    let failed;
    for (const directory of directories) {
      const hit = followLink(tree2, inDirectory(directory, name));
      if (hit?.target && (hit.target.node.mode & 73) !== 0) return hit;
      failed ??= hit;
    }
    return failed && { via: failed.via, dangling: failed.dangling };
  };
  return (name) => {
    if (!known.has(name)) known.set(name, find3(name));
    return known.get(name);
  };
}
function followLink(tree2, path) {
  if (!tree2.lookup(path)) return void 0;
  const resolved = tree2.resolve(path);
  if (!resolved.found && resolved.reason === "loop") return { via: firstRound(resolved.via), dangling: false };
  if (!resolved.found) return { via: withLast(resolved.via, resolved.at), dangling: true };
  if (resolved.node.type !== "file") return void 0;
  return {
    via: withLast(resolved.via, resolved.path),
    target: { path: resolved.path, node: resolved.node },
    dangling: false
  };
}
function firstRound(via) {
  const again = via.findIndex((path, i) => via.indexOf(path) < i);
  return again < 0 ? via : via.slice(0, again + 1);
}
function withLast(via, last) {
  return via.at(-1) === last ? via : [...via, last];
}
var DEFAULT_COMMANDS = [
  "iptables",
  "iptables-save",
  "iptables-restore",
  "ip6tables",
  "ip6tables-save",
  "ip6tables-restore",
  "nft",
  "ipset"
];
function tellCommand(name, find3, tree2) {
  const found = find3(name);
  if (!found) return { command: { backend: "none", via: [] } };
  if (!found.target) {
    const command = { backend: "none", via: found.via };
    return { command: found.dangling ? { ...command, dangling: true } : command };
  }
  const forwarded = forwardedBackend(name, found.target, find3, tree2);
  if (forwarded !== void 0)
    return { command: { backend: forwarded.backend, via: [...found.via, ...forwarded.via] } };
  const backend = tellBackend(name, found.target, tree2);
  if ("hostExec" in backend) return { command: { backend: "unknown", via: found.via, hostExec: true } };
  if ("backend" in backend) return { command: { backend: backend.backend, via: found.via } };
  return {
    command: { backend: "unknown", via: found.via },
    missing: { fact: `what ${found.via[0]} does`, reason: backend.unknown }
  };
}
function forwardedBackend(name, target, find3, tree2) {
  const content = contentOf(target.node);
  const path = content?.kind === "script" && !content.script.wrapper ? content.script.forwards : void 0;
  if (path === void 0) return void 0;
  const hit = path.startsWith("/") ? followLink(tree2, path) : path.includes("/") ? void 0 : find3(path);
  if (!hit?.target || (hit.target.node.mode & 73) === 0 || contentOf(hit.target.node)?.kind !== "binary")
    return void 0;
  const told = tellBackend(name, hit.target, tree2);
  return "backend" in told ? { backend: told.backend, via: hit.via } : void 0;
}
function tellBackend(name, target, tree2) {
  const content = contentOf(target.node);
  const file = target.path;
  if (content?.kind === "script") {
    const { script } = content;
    if (script.wrapper && !script.wrapper.isEntrypoint) return { backend: "auto" };
    if (script.hostExec !== void 0) return tellLeaving(file, script, tree2);
    return {
      unknown: `${file} is an unknown script${script.truncated ? ", of which only the beginning was read" : ""}`
    };
  }
  if (content?.kind !== "binary") return { unknown: `${file} is no program that could be read` };
  if (content.wrapper) return { backend: "auto" };
  if (content.packed) return { unknown: `${file} is packed by UPX` };
  if (content.problem) return { unknown: `${file}: ${content.problem}` };
  const identity = content.identity;
  if (content.go) return { unknown: `${file} is a Go program (${content.go.main?.path ?? content.go.path})` };
  if (!identity) return { unknown: `the bytes of ${file} don't tell what it is` };
  if (name === "ipset")
    return identity.tool === "ipset" ? { backend: "unknown" } : { unknown: notThat(file, identity.tool) };
  const expected = name === "nft" ? "nft" : "iptables";
  if (identity.tool !== expected) return { unknown: notThat(file, identity.tool) };
  return identity.backend ? { backend: identity.backend } : { unknown: `${file} holds texts of both backends` };
}
function tellLeaving(file, { hostExec = "", newRoot, stays }, tree2) {
  if (stays !== void 0)
    return { unknown: `${file} leaves the container with \`${hostExec}\` and stays in it with \`${stays}\`` };
  const isBrought = newRoot !== void 0 && ROOT_FOLDERS.some((name) => tree2.list(`${newRoot}${name}`).length > 0);
  return isBrought ? { unknown: `${file} changes to ${newRoot}, which the image brings` } : { hostExec: true };
}
var ROOT_FOLDERS = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];
function notThat(file, tool2) {
  return `${basename3(file)} is ${tool2}, which has no such command`;
}

// src/model/text.ts
function compareText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// src/toolchain/extensions.ts
var MAX_DIRECTORIES2 = 8;
var MAX_NAMED_FILES = 5;
function listExtensions(context) {
  const paths = new Set(context.tools.map(({ target }) => target));
  const programs = context.survey.binaries.filter(({ path }) => paths.has(path));
  const listed = { extensions: [], missing: [] };
  for (const found of context.survey.binaries) {
    if (found.content.identity?.tool === "libxtables") listLoadable(context, found, programs, listed);
    else if (paths.has(found.path) && found.content.extensions) listHeld(found, listed);
  }
  return listed;
}
function listLoadable({ tree: tree2, loader, env }, library, programs, listed) {
  const directories = searchedDirectories(library, env);
  if (directories.length === 0)
    listed.missing.push({ fact: `extensions of ${library.path}`, reason: "it names no folder to look in" });
  const tools = programs.filter((program) => usesLibrary(program, library, loader)).map(({ path }) => path);
  for (const directory of directories) {
    const names2 = tree2.list(directory).filter(isExtension);
    const told = names2.map((name) => ({ name, registrations: registrationsOf(tree2, inDirectory(directory, name)) }));
    const unread = told.filter(({ registrations }) => registrations === void 0).map(({ name }) => name);
    const loadable = told.flatMap(
      ({ name, registrations = [] }) => registrations.filter((entry) => entry.name === extensionName(name))
    );
    listed.extensions.push({
      library: library.path,
      directory,
      files: names2.length,
      tools,
      list: groupRevisions(loadable),
      ...unread.length > 0 && { unread }
    });
    if (unread.length > 0) listed.missing.push({ fact: `extensions in ${directory}`, reason: describeUnread(unread) });
  }
}
function describeUnread(names2) {
  const more = names2.length - MAX_NAMED_FILES;
  const shown = names2.slice(0, MAX_NAMED_FILES).join(", ");
  return `what ${shown}${more > 0 ? ` and ${more} more` : ""} register${names2.length === 1 ? "s" : ""} could not be read`;
}
function searchedDirectories({ content }, env) {
  const variable = variableOf(env, "XTABLES_LIBDIR");
  if (variable)
    return variable.split(":").filter((entry) => entry.startsWith("/")).slice(0, MAX_DIRECTORIES2);
  const directory = content.identity?.extensionDirectory;
  return directory === void 0 ? [] : [directory];
}
function usesLibrary(program, library, loader) {
  const soname = program.content.needed.find((name) => name.startsWith("libxtables.so"));
  return soname !== void 0 && loader.find(program, soname)?.path === library.path;
}
function registrationsOf(tree2, path) {
  const resolved = tree2.resolve(path);
  if (!resolved.found) return [];
  const content = contentOf(resolved.node);
  const read = content?.kind === "binary" ? content.extensions : void 0;
  return read?.problem === void 0 ? read?.registrations : void 0;
}
function extensionName(file) {
  return file.replace(/^lib[a-z0-9]+_/, "").replace(/\.so$/, "");
}
function listHeld({ path, content }, listed) {
  const { registrations = [], problem } = content.extensions ?? {};
  if (problem !== void 0) listed.missing.push({ fact: `extensions of ${path}`, reason: problem });
  if (registrations.length > 0)
    listed.extensions.push({ library: path, tools: [path], list: groupRevisions(registrations) });
}
function groupRevisions(registrations) {
  const groups = /* @__PURE__ */ new Map();
  for (const { name, kind, family, revision, realName } of registrations) {
    const key = [name, kind, family, realName].join(" ");
    const group = groups.get(key) ?? {
      name,
      ...kind && { kind },
      family,
      revisions: [],
      ...realName !== void 0 && realName !== name && { realName }
    };
    if (!group.revisions.includes(revision)) group.revisions.push(revision);
    groups.set(key, group);
  }
  for (const { revisions } of groups.values()) revisions.sort((a, b) => a - b);
  return [...groups.values()].sort((a, b) => compareText(a.name, b.name));
}

// src/toolchain/interpreters.ts
function missingInterpreters(tree2, commands, find3) {
  const files = new Set(Object.values(commands).flatMap(({ via, dangling }) => dangling ? [] : via.at(-1) ?? []));
  return [...files].flatMap((path) => {
    const node = tree2.lookup(path);
    const content = contentOf(node);
    const library = content?.kind === "script" ? missingOf(tree2, content.script.interpreter, find3) : void 0;
    return library === void 0 ? [] : [{ path, library }];
  });
}
function missingOf(tree2, line, find3) {
  const [program = "", ...words] = line.split(/[ \t]+/);
  if (!program.startsWith("/")) return void 0;
  if (followLink(tree2, program)?.target === void 0) return JSON.stringify(program).slice(1, -1);
  if (!program.endsWith("/env")) return void 0;
  const name = words.find((word) => !word.startsWith("-") && !word.includes("="));
  return name === void 0 || name.includes("/") || find3(name)?.target ? void 0 : JSON.stringify(name).slice(1, -1);
}

// src/toolchain/lines.ts
function* linesOf(text) {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    yield cutLine(text, start, end);
    if (end < 0) return;
    start = end + 1;
  }
}
function* linesWith(text, mark) {
  for (let from = 0; from < text.length; ) {
    mark.lastIndex = from;
    const at = mark.exec(text)?.index;
    if (at === void 0) return;
    const start = at === from ? from : text.lastIndexOf("\n", at - 1) + 1;
    const end = text.indexOf("\n", at);
    yield cutLine(text, start, end);
    if (end < 0) return;
    from = end + 1;
  }
}
function cutLine(text, start, end) {
  if (end < 0) return text.slice(start);
  return text.slice(start, end > start && text[end - 1] === "\r" ? end - 1 : end);
}

// src/toolchain/packages/collect.ts
var MAX_PACKAGES = 5e4;
var MAX_PROBLEMS = 3;
function collectPackages(problems = []) {
  const parsed = { packages: [], problems: [...problems] };
  const report = (problem) => {
    if (parsed.problems.length < MAX_PROBLEMS) parsed.problems.push(problem);
  };
  return {
    parsed,
    report,
    add(entry) {
      if (parsed.packages.length < MAX_PACKAGES) parsed.packages.push(entry);
      else report(`it has more than ${MAX_PACKAGES} packages`);
    }
  };
}

// src/toolchain/packages/rpm/manifest.ts
var MANIFEST = /(?:^|\/)rpmmanifest\/container-manifest-2$/;
function isRpmManifest(path) {
  return MANIFEST.test(path);
}
var NAME = 0;
var VERSION_RELEASE = 1;
var EPOCH = 8;
function parseRpmManifest(text) {
  const { parsed, add, report } = collectPackages();
  let number3 = 0;
  for (const line of linesOf(text)) {
    number3++;
    if (line === "") continue;
    const entry = readLine(line);
    if (!entry) report(`line ${number3} is no package`);
    else add(entry);
  }
  if (text !== "" && !text.endsWith("\n")) report("it ends in the middle of a line");
  return parsed;
}
function readLine(line) {
  const fields = line.split("	", 16);
  const name = fields[NAME];
  const version2 = fields[VERSION_RELEASE];
  const epoch = fields[EPOCH];
  if (!name || !/^[\w.+-]+$/.test(name) || !version2 || !/^[\w.+~^]+-[\w.+~^]+$/.test(version2)) return void 0;
  if (epoch === void 0 || !/^\d{1,10}$/.test(epoch)) return void 0;
  return { name, version: epoch === "0" ? version2 : `${epoch}:${version2}` };
}

// src/toolchain/packages/types.ts
var PROGRAM = /(?:^|\/)s?bin\/[^/]+$/;
var LIBRARY = new RegExp(`(?:^|/)${NETFILTER_LIBRARIES}[^/]*\\.so[^/]*$`);
var MARK_OF_WORTH = new RegExp(`bin/|${NETFILTER_LIBRARIES}`, "g");
function isWorthOwning(path) {
  return PROGRAM.test(path) || LIBRARY.test(path);
}
var MAX_FILES_OF_PACKAGE = 2e4;

// src/toolchain/packages/rpm/header.ts
var TAG2 = {
  NAME: 1e3,
  VERSION: 1001,
  RELEASE: 1002,
  EPOCH: 1003,
  FILESTATES: 1029,
  FILEDIGESTS: 1035,
  DIRINDEXES: 1116,
  BASENAMES: 1117,
  DIRNAMES: 1118,
  FILEDIGESTALGO: 5011
};
var INT32 = 4;
var CHAR = 1;
var INT8 = 2;
var STRING = 6;
var STRING_ARRAY = 8;
var I18N_STRING = 9;
var ENTRY_SIZE2 = 16;
var MAX_ENTRIES2 = 65535;
var MAX_NAME2 = 4096;
var NOT_ITS_FILE = /* @__PURE__ */ new Set([1, 2]);
var DIGEST_NAMES = { 1: "md5", 2: "sha1", 8: "sha256" };
function readRpmHeader(blob) {
  return withinBounds(() => {
    const tags = indexTags(blob);
    if (!tags) return void 0;
    const name = tags.text(TAG2.NAME);
    const version2 = tags.text(TAG2.VERSION);
    if (!name || !version2) return void 0;
    const epoch = tags.numbers(TAG2.EPOCH)[0];
    const release2 = tags.text(TAG2.RELEASE);
    const full = `${epoch ? `${epoch}:` : ""}${version2}${release2 ? `-${release2}` : ""}`;
    return { name, version: full, files: listFiles(tags) };
  });
}
function indexTags(blob) {
  const count = blob.readUInt32BE(0);
  const size = blob.readUInt32BE(4);
  const start = 8 + count * ENTRY_SIZE2;
  if (count === 0 || count > MAX_ENTRIES2 || start + size > blob.length) return void 0;
  const data = blob.subarray(start, start + size);
  const wanted = new Set(Object.values(TAG2));
  const entries = /* @__PURE__ */ new Map();
  for (let i = 0; i < count; i++) {
    const at = 8 + i * ENTRY_SIZE2;
    const tag = blob.readUInt32BE(at);
    if (!wanted.has(tag) || entries.has(tag)) continue;
    entries.set(tag, {
      type: blob.readUInt32BE(at + 4),
      offset: blob.readUInt32BE(at + 8),
      count: blob.readUInt32BE(at + 12)
    });
  }
  return {
    text(tag) {
      const entry = entries.get(tag);
      if (entry?.type !== STRING && entry?.type !== I18N_STRING) return void 0;
      return strings(data, { ...entry, count: 1 }).next().value ?? void 0;
    },
    texts: (tag) => strings(data, entries.get(tag)),
    numbers: (tag) => numbers(data, entries.get(tag))
  };
}
function* strings(data, entry) {
  if (entry?.type !== STRING && entry?.type !== STRING_ARRAY && entry?.type !== I18N_STRING) return;
  let at = entry.offset;
  for (let i = 0; i < entry.count; i++) {
    const end = data.indexOf(0, at);
    if (at > data.length || end < 0) throw new RangeError("text outside the header");
    yield end - at > MAX_NAME2 ? void 0 : data.toString("utf8", at, end);
    at = end + 1;
  }
}
function numbers(data, entry) {
  if (!entry) return [];
  const width = entry.type === INT32 ? 4 : entry.type === CHAR || entry.type === INT8 ? 1 : 0;
  if (width === 0) return [];
  if (entry.offset + entry.count * width > data.length) throw new RangeError("numbers outside the header");
  const read = (i) => width === 4 ? data.readUInt32BE(entry.offset + i * 4) : data.readUInt8(entry.offset + i);
  return Array.from({ length: entry.count }, (_, i) => read(i));
}
function listFiles(tags) {
  const directories = [...tags.texts(TAG2.DIRNAMES)];
  const indexes = tags.numbers(TAG2.DIRINDEXES);
  const states = tags.numbers(TAG2.FILESTATES);
  const algorithm = DIGEST_NAMES[tags.numbers(TAG2.FILEDIGESTALGO)[0] ?? 1];
  const digests = tags.texts(TAG2.FILEDIGESTS);
  const files = [];
  let i = 0;
  for (const base of tags.texts(TAG2.BASENAMES)) {
    const directory = directories[indexes[i] ?? -1];
    const digest = digests.next();
    const state = states[i];
    i++;
    if (base === void 0 || directory === void 0 || digest.value === "") continue;
    if (state !== void 0 && NOT_ITS_FILE.has(state)) continue;
    const path = `${directory}${base}`;
    if (!path.startsWith("/") || !isWorthOwning(path) || files.length >= MAX_FILES_OF_PACKAGE) continue;
    const known = algorithm !== void 0 && typeof digest.value === "string";
    files.push(known ? { path, digest: `${algorithm}:${digest.value.toLowerCase()}` } : { path });
  }
  return files;
}

// src/toolchain/packages/rpm/berkeley.ts
var HASH_MAGIC = 398689;
var PAGE_HEADER = 26;
var META_HASH = 8;
var HASH_UNSORTED = 2;
var OVERFLOW = 7;
var HASH = 13;
var INLINE = 1;
var OFF_PAGE = 3;
var SMALLEST_HEADER = 16;
function isBerkeleyHash(bytes) {
  return bytes.length >= 72 && (bytes.readUInt32LE(12) === HASH_MAGIC || bytes.readUInt32BE(12) === HASH_MAGIC);
}
function readBerkeleyHash(bytes) {
  const { parsed, add, report } = collectPackages();
  const pages = withinBounds(() => createPages(bytes));
  if (typeof pages !== "object") {
    report(pages ?? "its header cannot be read");
    return parsed;
  }
  if (pages.stated > pages.count) report("it ends before its last page");
  else if (pages.stated < pages.count) report("it goes on behind its last page");
  let overflow = 0;
  for (let number3 = 1; number3 < pages.count; number3++) {
    const page = pages.at(number3);
    const type = page.readUInt8(25);
    if (pages.u32(page, 8) !== number3 && page.some((byte) => byte !== 0)) report(`page ${number3} is damaged`);
    if (type === OVERFLOW) overflow++;
    if (type !== HASH && type !== HASH_UNSORTED) continue;
    const values = withinBounds(() => valuesOf(pages, page));
    if (!values) report(`page ${number3} cannot be read`);
    else if (withinBounds(() => lowestItem(pages, page)) !== pages.u16(page, 22)) report(`page ${number3} is damaged`);
    for (const value of values ?? []) {
      if (value !== void 0 && value.length < SMALLEST_HEADER) continue;
      const entry = value && readRpmHeader(value);
      if (!entry) report(`a package on page ${number3} cannot be read`);
      else add(entry);
    }
  }
  if (overflow > pages.taken.size) report(`${overflow - pages.taken.size} pages belong to no package`);
  return parsed;
}
function createPages(bytes) {
  const little = bytes.readUInt32LE(12) === HASH_MAGIC;
  const u16 = (page, at2) => little ? page.readUInt16LE(at2) : page.readUInt16BE(at2);
  const u32 = (page, at2) => little ? page.readUInt32LE(at2) : page.readUInt32BE(at2);
  const size = u32(bytes, 20);
  if (bytes.readUInt8(25) !== META_HASH) return "it is no hash database";
  if (bytes.readUInt8(24) !== 0) return "it is encrypted";
  if (size < 512 || size > 65536 || (size & size - 1) !== 0) return "its page size is none";
  const count = Math.floor(bytes.length / size);
  const at = (number3) => {
    if (number3 < 1 || number3 >= count) throw new RangeError("page outside the file");
    return bytes.subarray(number3 * size, (number3 + 1) * size);
  };
  return { size, count, stated: u32(bytes, 32) + 1, at, u16, u32, taken: /* @__PURE__ */ new Set() };
}
function valuesOf(pages, page) {
  const items = pages.u16(page, 20);
  if (items % 2 !== 0 || PAGE_HEADER + items * 2 > pages.size) throw new RangeError("items outside the page");
  const values = [];
  for (let i = 1; i < items; i += 2) {
    const start = pages.u16(page, PAGE_HEADER + i * 2);
    const end = pages.u16(page, PAGE_HEADER + (i - 1) * 2);
    values.push(withinBounds(() => valueAt(pages, page, start, end)));
  }
  return values;
}
function lowestItem(pages, page) {
  const items = pages.u16(page, 20);
  return items === 0 ? pages.size & 65535 : pages.u16(page, PAGE_HEADER + (items - 1) * 2);
}
function valueAt(pages, page, start, end) {
  const kind = page.readUInt8(start);
  if (kind === INLINE) return end > start && end <= page.length ? page.subarray(start + 1, end) : void 0;
  if (kind !== OFF_PAGE) return void 0;
  return readOverflow(pages, pages.u32(page, start + 4), pages.u32(page, start + 8));
}
function readOverflow(pages, first, length) {
  const parts = [];
  let size = 0;
  for (let number3 = first; number3 !== 0 && size < length; ) {
    const page = pages.at(number3);
    if (pages.taken.has(number3) || page.readUInt8(25) !== OVERFLOW) return void 0;
    pages.taken.add(number3);
    const part = page.subarray(PAGE_HEADER, PAGE_HEADER + pages.u16(page, 22));
    parts.push(part);
    size += part.length;
    number3 = pages.u32(page, 16);
  }
  return size === length ? Buffer.concat(parts) : void 0;
}

// src/toolchain/packages/rpm/journal.ts
var MAGIC = "d9d505f920a163d7";
var JOURNAL_HEAD = 28;
function isHotJournal(head) {
  return head.length >= JOURNAL_HEAD && head.toString("hex", 0, 8) === MAGIC && head.readUInt32BE(8) !== 0;
}

// src/toolchain/packages/rpm/ndb.ts
var MAGIC2 = "RpmP";
var PAGE_SIZE = 4096;
var SLOT_SIZE = 16;
var FIRST_SLOT = 2;
var UNIT = 16;
var BLOCK_HEAD = 16;
var BLOCK_TAIL = 12;
function isNdb(bytes) {
  return bytes.toString("latin1", 0, 4) === MAGIC2;
}
function readNdb(bytes) {
  const { parsed, add, report } = collectPackages();
  const slotPages = withinBounds(() => bytes.readUInt32LE(12));
  if (slotPages === void 0 || slotPages === 0 || slotPages * PAGE_SIZE > bytes.length) {
    report("its table of packages lies outside the file");
    return parsed;
  }
  let left = bytes.length;
  for (let slot = FIRST_SLOT; slot < slotPages * PAGE_SIZE / SLOT_SIZE; slot++) {
    const at = slot * SLOT_SIZE;
    if (bytes.toString("latin1", at, at + 4) !== "Slot") {
      report(`slot ${slot} is none`);
      continue;
    }
    const index = bytes.readUInt32LE(at + 4);
    if (index === 0) {
      if (bytes.readUInt32LE(at + 8) !== 0 || bytes.readUInt32LE(at + 12) !== 0) report(`slot ${slot} is damaged`);
      continue;
    }
    const blob = withinBounds(() => readBlock(bytes, index, at));
    left -= blob?.length ?? 0;
    if (left < 0) {
      report("its packages are larger than the file");
      return parsed;
    }
    const entry = blob && readRpmHeader(blob);
    if (!entry) report(`package ${index} cannot be read`);
    else add(entry);
  }
  return parsed;
}
function readBlock(bytes, index, slot) {
  const start = bytes.readUInt32LE(slot + 8) * UNIT;
  const size = bytes.readUInt32LE(slot + 12) * UNIT;
  const length = bytes.readUInt32LE(start + 12);
  const tail = start + size - BLOCK_TAIL;
  const isWhole = bytes.toString("latin1", start, start + 4) === "BlbS" && bytes.readUInt32LE(start + 4) === index && start + BLOCK_HEAD + length <= tail && bytes.readUInt32LE(tail + 4) === length && bytes.toString("latin1", tail + 8, tail + 12) === "BlbE";
  if (!isWhole || adler32(bytes.subarray(start, tail)) !== bytes.readUInt32LE(tail)) throw new RangeError("no block");
  return bytes.subarray(start + BLOCK_HEAD, start + BLOCK_HEAD + length);
}
function adler32(bytes) {
  let a = 1;
  let b = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + 3800, bytes.length);
    for (; at < end; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

// src/toolchain/packages/rpm/sqlite.ts
var MAGIC3 = "SQLite format 3\0";
var TABLE_INTERIOR = 5;
var TABLE_LEAF = 13;
function isSqlite(bytes) {
  return bytes.toString("latin1", 0, 16) === MAGIC3;
}
function summariseSqlite(bytes) {
  const summary = { pages: /* @__PURE__ */ new Map(), problems: [] };
  if (bytes.length === 0) return summary;
  const size = withinBounds(() => pageSizes(bytes));
  if (!size || !isSqlite(bytes)) return { ...summary, problems: ["it is no SQLite file"] };
  const { pageSize, usable } = size;
  if (bytes.length % pageSize !== 0) summary.problems.push("it ends in the middle of a page");
  const pages = (number3) => {
    const start = (number3 - 1) * pageSize;
    return number3 >= 1 && start + pageSize <= bytes.length ? bytes.subarray(start, start + pageSize) : void 0;
  };
  const reader2 = createPageReader(pages, usable, bytes.length);
  const root = findRoot(reader2);
  if (root === void 0) return summary;
  summary.root = root;
  summariseTable(reader2, root, summary);
  return summary;
}
function pageSizes(bytes) {
  const stated = bytes.readUInt16BE(16);
  const pageSize = stated === 1 ? 65536 : stated;
  if (pageSize < 512 || (pageSize & pageSize - 1) !== 0) throw new RangeError("no page size");
  return { pageSize, usable: pageSize - bytes.readUInt8(20) };
}
var LOG_HEADER = 32;
var FRAME_HEADER = 24;
function summariseSqliteLog(bytes) {
  const summary = { pages: /* @__PURE__ */ new Map(), problems: [] };
  if (bytes.length === 0) return summary;
  const committed = withinBounds(() => committedFrames(bytes));
  if (!committed) return { ...summary, problems: ["it is no write-ahead log of SQLite"] };
  const { frames, pageSize } = committed;
  if (frames.size === 0) return summary;
  const pages = (number3) => {
    const start = frames.get(number3);
    return start === void 0 ? void 0 : bytes.subarray(start, start + pageSize);
  };
  const first = pages(1);
  const reader2 = createPageReader(pages, pageSize - (first?.readUInt8(20) ?? 0), bytes.length);
  for (const number3 of frames.keys()) {
    const page = withinBounds(() => reader2.table(number3));
    if (!page) continue;
    if ("children" in page) summary.pages.set(number3, summariseInterior(page));
    else {
      const root = page.cells.map((cell) => rootOfSchemaRow(reader2, cell)).find((found) => found !== void 0);
      if (root !== void 0) summary.root = root;
      if (page.cells.length > 0 && page.cells.every((cell) => withinBounds(() => isPackageRow(cell.local)) !== true))
        continue;
      summary.pages.set(number3, summariseLeaf(reader2, page));
    }
  }
  return summary;
}
function committedFrames(bytes) {
  const magic = bytes.readUInt32BE(0);
  if (magic !== 931071618 && magic !== 931071619) throw new RangeError("no log");
  const little = magic === 931071618;
  const pageSize = bytes.readUInt32BE(8);
  if (pageSize < 512 || pageSize > 65536 || (pageSize & pageSize - 1) !== 0) throw new RangeError("no page size");
  const sum2 = createChecksum(little);
  sum2.add(bytes.subarray(0, 24));
  if (!sum2.equals(bytes, 24)) throw new RangeError("damaged header");
  const frames = /* @__PURE__ */ new Map();
  let open4 = /* @__PURE__ */ new Map();
  for (let at = LOG_HEADER; at + FRAME_HEADER + pageSize <= bytes.length; at += FRAME_HEADER + pageSize) {
    if (bytes.compare(bytes, 16, 24, at + 8, at + 16) !== 0) break;
    sum2.add(bytes.subarray(at, at + 8));
    sum2.add(bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + pageSize));
    if (!sum2.equals(bytes, at + 16)) break;
    open4.set(bytes.readUInt32BE(at), at + FRAME_HEADER);
    if (bytes.readUInt32BE(at + 4) === 0) continue;
    for (const [number3, start] of open4) frames.set(number3, start);
    open4 = /* @__PURE__ */ new Map();
  }
  return { frames, pageSize };
}
function createChecksum(little) {
  let first = 0;
  let second = 0;
  return {
    add(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let i = 0; i < bytes.length; i += 8) {
        first = first + view.getUint32(i, little) + second >>> 0;
        second = second + view.getUint32(i + 4, little) + first >>> 0;
      }
    },
    equals: (bytes, at) => bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second
  };
}
function createPageReader(pages, usable, total) {
  const taken = /* @__PURE__ */ new Set();
  return {
    table(number3) {
      const page = pages(number3);
      if (!page) throw new RangeError(`page ${number3} is not there`);
      return readTablePage(page, number3 === 1 ? 100 : 0, usable);
    },
    row(cell) {
      const parts = [cell.local];
      const overflow = [];
      let rest = cell.size - cell.local.length;
      let next = cell.next;
      if (cell.size > total) return { overflow: next === 0 ? [] : [next] };
      while (rest > 0) {
        if (next === 0) return { overflow };
        overflow.push(next);
        const page = pages(next);
        if (!page || taken.has(next)) return { overflow };
        taken.add(next);
        const part = page.subarray(4, Math.min(4 + rest, usable));
        parts.push(part);
        rest -= part.length;
        next = page.readUInt32BE(0);
      }
      return { bytes: parts.length === 1 ? cell.local : Buffer.concat(parts), overflow };
    }
  };
}
function readTablePage(page, start, usable) {
  const type = page.readUInt8(start);
  if (type !== TABLE_INTERIOR && type !== TABLE_LEAF) return void 0;
  const count = page.readUInt16BE(start + 3);
  const array2 = start + (type === TABLE_INTERIOR ? 12 : 8);
  const offsets = Array.from({ length: count }, (_, i) => page.readUInt16BE(array2 + i * 2));
  const taken = usable - (page.readUInt16BE(start + 5) || 65536) - unusedBytes(page, start);
  if (type === TABLE_INTERIOR) {
    const size2 = offsets.reduce((sum2, at) => sum2 + readVarint(page, at + 4).next - at, 0);
    const children = [...offsets.map((at) => page.readUInt32BE(at)), page.readUInt32BE(start + 8)];
    return { children, isDamaged: size2 !== taken };
  }
  const cells = offsets.map((at) => readCell(page, at, usable));
  const size = cells.reduce((sum2, cell) => sum2 + Math.max(4, cell.end - cell.start), 0);
  return { cells, isDamaged: size !== taken };
}
function unusedBytes(page, start) {
  let unused = page.readUInt8(start + 7);
  let last = 0;
  for (let at = page.readUInt16BE(start + 1); at > last; at = page.readUInt16BE(at)) {
    unused += page.readUInt16BE(at + 2);
    last = at;
  }
  return unused;
}
function readCell(page, at, usable) {
  const size = readVarint(page, at);
  const id = readVarint(page, size.next);
  const start = id.next;
  const most = usable - 35;
  let here = size.value;
  if (here > most) {
    const least = Math.floor((usable - 12) * 32 / 255) - 23;
    const fitting = least + (size.value - least) % (usable - 4);
    here = fitting <= most ? fitting : least;
  }
  if (start + here > page.length) throw new RangeError("row outside the page");
  const isWhole = here === size.value;
  const next = isWhole ? 0 : page.readUInt32BE(start + here);
  const end = start + here + (isWhole ? 0 : 4);
  return { id: id.value, size: size.value, local: page.subarray(start, start + here), next, start: at, end };
}
function readVarint(bytes, start) {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes.readUInt8(start + i);
    if (i === 8) return { value: value * 256 + byte, next: start + 9 };
    value = value * 128 + (byte & 127);
    if (byte < 128) return { value, next: start + i + 1 };
  }
  throw new RangeError("no number");
}
function readRecord(bytes, most) {
  const header = readVarint(bytes, 0);
  const columns = [];
  let start = header.value;
  for (let at = header.next; at < header.value && columns.length < most; ) {
    const { value: type, next } = readVarint(bytes, at);
    const size = columnSize(type);
    columns.push({ type, start, size });
    start += size;
    at = next;
  }
  return columns;
}
function columnSize(type) {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}
function isPackageRow(local) {
  const [id, header, more] = readRecord(local, 3);
  return id?.type === 0 && header !== void 0 && header.type >= 12 && header.type % 2 === 0 && more === void 0;
}
function rootOfSchemaRow(reader2, cell) {
  return withinBounds(() => {
    if (cell.size > 4096) return void 0;
    const columns = readRecord(cell.local, 6);
    const [type, name, , root] = columns;
    if (columns.length !== 5 || !type || !name || !root) return void 0;
    const bytes = reader2.row(cell).bytes;
    const text = (column) => bytes?.toString("latin1", column.start, column.start + column.size);
    if (!bytes || text(type) !== "table" || text(name) !== "Packages") return void 0;
    return root.size >= 1 && root.size <= 6 ? bytes.readUIntBE(root.start, root.size) : void 0;
  });
}
function findRoot(reader2) {
  let root;
  walkTable(1, (number3) => {
    const page = withinBounds(() => reader2.table(number3));
    if (!page || "children" in page) return page?.children ?? [];
    for (const cell of page.cells) root ??= rootOfSchemaRow(reader2, cell);
    return [];
  });
  return root;
}
function walkTable(root, visit) {
  const seen = /* @__PURE__ */ new Set();
  const stack = [root];
  for (let number3 = stack.pop(); number3 !== void 0; number3 = stack.pop()) {
    if (seen.has(number3)) continue;
    seen.add(number3);
    for (const child of visit(number3).toReversed()) stack.push(child);
  }
}
function summariseTable(reader2, root, summary) {
  walkTable(root, (number3) => {
    const page = withinBounds(() => reader2.table(number3));
    if (!page) return [];
    if ("children" in page) {
      summary.pages.set(number3, summariseInterior(page));
      return page.children;
    }
    summary.pages.set(number3, summariseLeaf(reader2, page));
    return [];
  });
}
function summariseInterior({ children, isDamaged }) {
  return isDamaged ? { children, isDamaged } : { children };
}
function summariseLeaf(reader2, { cells, isDamaged }) {
  const rows = cells.map((cell) => summariseRow(reader2, cell));
  return isDamaged ? { rows, isDamaged } : { rows };
}
function summariseRow(reader2, cell) {
  const { bytes, overflow } = withinBounds(() => reader2.row(cell)) ?? { overflow: [] };
  const entry = bytes && withinBounds(() => readPackageRow(bytes));
  return entry ? { id: cell.id, overflow, entry } : { id: cell.id, overflow };
}
function readPackageRow(bytes) {
  if (!isPackageRow(bytes)) return void 0;
  const header = readRecord(bytes, 2)[1];
  return header && readRpmHeader(bytes.subarray(header.start, header.start + header.size));
}
function readSqlitePackages(file, log) {
  const { parsed, add, report } = collectPackages([...file.problems, ...log?.problems ?? []]);
  const root = log?.root ?? file.root;
  if (root === void 0) {
    report("it has no table Packages");
    return parsed;
  }
  const rest = log && rowsByOverflow(file);
  walkTable(root, (number3) => {
    const page = log?.pages.get(number3) ?? file.pages.get(number3);
    if (page?.isDamaged) report(`page ${number3} is damaged`);
    if (!page) report(`page ${number3} cannot be read`);
    else if ("children" in page) return page.children;
    else
      for (const row of page.rows) {
        const entry = row.entry ?? rest?.(row);
        if (!entry) report(`record ${row.id} cannot be read`);
        else add(entry);
      }
    return [];
  });
  return parsed;
}
function rowsByOverflow(file) {
  const rows = /* @__PURE__ */ new Map();
  for (const page of file.pages.values())
    if ("rows" in page) {
      for (const row of page.rows) if (row.overflow[0] !== void 0) rows.set(row.overflow[0], row);
    }
  return (row) => {
    const same = row.overflow[0] === void 0 ? void 0 : rows.get(row.overflow[0]);
    return same?.id === row.id ? same.entry : void 0;
  };
}

// src/toolchain/packages/rpm/rpm.ts
var MAX_RPM_DATABASE = 64 * 1024 * 1024;
var FILE2 = /(?:^|\/)rpm\/(?:Packages|Packages\.db|rpmdb\.sqlite|rpmdb\.sqlite-wal|rpmdb\.sqlite-journal)$/;
function isRpmDatabase(path) {
  return FILE2.test(path);
}
function isRpmJournal(path) {
  return path.endsWith("-journal");
}
function readRpmFile(path, bytes) {
  if (isRpmJournal(path)) return { format: "sqlite-journal", isHot: isHotJournal(bytes) };
  if (path.endsWith("-wal")) return { format: "sqlite-log", pages: summariseSqliteLog(bytes) };
  if (path.endsWith(".sqlite") || isSqlite(bytes)) return { format: "sqlite", pages: summariseSqlite(bytes) };
  if (isNdb(bytes)) return { format: "packages", ...readNdb(bytes) };
  if (isBerkeleyHash(bytes)) return { format: "packages", ...readBerkeleyHash(bytes) };
  return {
    format: "packages",
    packages: [],
    problems: ["it is none of rpm's formats (SQLite, ndb, Berkeley DB hash)"]
  };
}

// src/toolchain/survey.ts
var MAX_COMMANDS = 1e3;
var COMMANDS = new Set(DEFAULT_COMMANDS);
function surveyTree(tree2) {
  const survey = {
    packages: [],
    fileLists: [],
    claims: [],
    scripts: [],
    binaries: [],
    commands: [],
    unreadDatabases: []
  };
  const sqlite = /* @__PURE__ */ new Map();
  const journals = /* @__PURE__ */ new Map();
  for (const { path, node } of tree2.walk(COMMANDS)) {
    if (COMMANDS.has(nameOf2(path)) && survey.commands.length < MAX_COMMANDS) survey.commands.push(path);
    if (node.type === "symlink" && isDatabasePath(path)) {
      const reason = whyUnread(tree2, path);
      if (reason !== void 0) survey.unreadDatabases.push({ path, reason });
    }
    if (node.type !== "file") continue;
    const content = contentOf(node);
    if (!content) continue;
    if (content.kind === "rpm-sqlite") sqlite.set(path, { path, node, content });
    else if (content.kind === "rpm-journal") journals.set(path, content);
    else place(survey, { path, node, content });
  }
  for (const file of sqlite.values()) {
    if (file.content.isLog) continue;
    const log = sqlite.get(`${file.path}-wal`);
    survey.packages.push(joinLog(file, log, journals.get(`${file.path}-journal`)));
  }
  return survey;
}
function joinLog(file, log, journal) {
  const { packages: packages2, problems } = readSqlitePackages(file.content.pages, log?.content.pages);
  const cutOff = journal?.isHot === true ? ["rpmdb.sqlite-journal holds a transaction that was not rolled back"] : [];
  return { ...file, content: { kind: "packages", database: "rpm", packages: packages2, problems: [...cutOff, ...problems] } };
}
function place(survey, found) {
  const { content } = found;
  if (content.kind === "packages") survey.packages.push({ ...found, content });
  else if (content.kind === "file-list") survey.fileLists.push({ ...found, content });
  else if (content.kind === "claims") survey.claims.push({ ...found, content });
  else if (content.kind === "script") {
    if ((found.node.mode & 73) !== 0) survey.scripts.push({ ...found, content });
  } else if (content.kind === "binary") survey.binaries.push({ ...found, content });
}
function isDatabasePath(path) {
  return path.endsWith("lib/apk/db/installed") || path.endsWith("lib/dpkg/status") || isRpmDatabase(path) || isRpmManifest(path);
}
function whyUnread(tree2, path) {
  const resolved = tree2.resolve(path);
  if (!resolved.found) return "its link leads nowhere";
  if (resolved.node.type !== "file" || isDatabasePath(resolved.path)) return void 0;
  return `its link leads to ${resolved.path}, a name under which no database is looked for`;
}
function sourceOf(path, node) {
  return node.layer === "" ? path : `${path} in layer ${node.layer}`;
}
function evidence(fact, path, node) {
  return { fact, source: sourceOf(path, node) };
}

// src/toolchain/legacy-programs.ts
var MAX_PROGRAMS = 20;
function listLegacyPrograms({ binaries }, tools, started) {
  const told = new Set(tools.map(({ target }) => target));
  const found = binaries.filter(({ path, content }) => content.identity === void 0 && !told.has(path)).flatMap(({ path, node, content }) => {
    const libraries2 = content.needed.filter((name) => LEGACY_LIBRARY.test(name));
    if (libraries2.length === 0) return [];
    const fact = `it is linked with ${libraries2.join(", ")}`;
    return [{ path, libraries: libraries2, started: started.includes(path), evidence: [evidence(fact, path, node)] }];
  }).sort((a, b) => Number(b.started) - Number(a.started));
  const further = found.length - MAX_PROGRAMS;
  const cut = { fact: `${further} more programs that are linked with libip4tc`, reason: `${MAX_PROGRAMS} are listed` };
  return { legacyPrograms: found.slice(0, MAX_PROGRAMS), missing: further > 0 ? [cut] : [] };
}

// src/toolchain/libraries.ts
import { basename as basename5 } from "node:path/posix";

// src/model/version.ts
function compareVersions(a, b) {
  const left = a.split(".");
  const right = b.split(".");
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number.parseInt(left[i] ?? "0", 10) - Number.parseInt(right[i] ?? "0", 10);
    if (difference !== 0) return difference;
  }
  return 0;
}
function upstreamVersion(packageVersion) {
  return /^(?:\d+:)?(\d+(?:\.\d+){1,3})/.exec(packageVersion)?.[1];
}

// src/toolchain/find-text.ts
var PIECE3 = 7;
var SHORTEST_PIECE = 4;
var RARE = "qZjQYzKWVkNORwvXyFbGxgUC)-mSMPhTp_cldui";
var MAX_FALSE_HITS = 256;
var needles = /* @__PURE__ */ new Map();
function findText(bytes, text, from = 0) {
  let needle = needles.get(text);
  if (needle === void 0) {
    needle = makeNeedle(text);
    needles.set(text, needle);
  }
  const { whole, piece, offset } = needle;
  let next = from + offset;
  for (let hits = 0; hits < MAX_FALSE_HITS; hits++) {
    const at = bytes.indexOf(piece, next);
    if (at < 0) return -1;
    const start = at - offset;
    const end = start + whole.length;
    if (end <= bytes.length && bytes.compare(whole, 0, whole.length, start, end) === 0) return start;
    next = at + 1;
  }
  return bytes.indexOf(whole, next - offset);
}
function createTextSearch(bytes) {
  const known = /* @__PURE__ */ new Map();
  return (text) => {
    let found = known.get(text);
    if (found === void 0) {
      found = findText(bytes, text) >= 0;
      known.set(text, found);
    }
    return found;
  };
}
function makeNeedle(text) {
  const whole = Buffer.from(text, "latin1");
  let offset = 0;
  for (let at = 1; at <= text.length - SHORTEST_PIECE; at++) if (rank(text, at) < rank(text, offset)) offset = at;
  return { whole, piece: whole.subarray(offset, offset + PIECE3), offset };
}
function rank(text, at) {
  const index = RARE.indexOf(text[at]);
  return index < 0 ? RARE.length : index;
}

// src/knowledge/libraries.json
var libraries_default = {
  comment: "Which releases a shared object can be, by the number in its file name or the highest version it defines. A row without max is the newest known one (2026-11): later releases may keep its number. Rows are read from the library version that each upstream release sets in its build files and from Debian's packages.",
  libraries: [
    {
      name: "libnftnl",
      verdefPrefix: "LIBNFTNL_",
      source: "libnftnl Make_global.am (LIBVERSION) and src/libnftnl.map at each release; Debian packages 1.1.9, 1.2.4, 1.2.9, 1.3.2",
      rows: [
        { so: "7.0.0", min: "1.0.8", max: "1.0.8" },
        { so: "7.1.0", min: "1.0.9", max: "1.0.9" },
        { so: "7.2.0", min: "1.1.0", max: "1.1.0" },
        { so: "7.3.0", min: "1.1.1", max: "1.1.1" },
        { so: "11.0.0", verdef: 11, min: "1.1.2", max: "1.1.2" },
        { so: "11.1.0", verdef: 12, min: "1.1.3", max: "1.1.4" },
        { so: "11.2.0", verdef: 13, min: "1.1.5", max: "1.1.5" },
        { so: "11.3.0", verdef: 14, min: "1.1.6", max: "1.1.7" },
        { so: "11.4.0", verdef: 15, min: "1.1.8", max: "1.1.8" },
        { so: "11.5.0", verdef: 16, min: "1.1.9", max: "1.2.0" },
        { so: "11.6.0", verdef: 17, min: "1.2.1", max: "1.2.9" },
        { so: "11.7.0", verdef: 18, min: "1.3.0", max: "1.3.1", note: "inferred: no file of this number was read" },
        { so: "11.8.0", verdef: 19, min: "1.3.2" }
      ],
      exports: [
        { so: "11.6.0", symbol: "nftnl_obj_unset", absentMax: "1.2.8", presentMin: "1.2.5", note: "exported in 1.2.9, not in 1.2.4 (Debian packages); where between them it came was not read" }
      ]
    },
    {
      name: "libxtables",
      source: "iptables configure.ac (libxtables_vcurrent, libxtables_vage) at each release; Debian packages 1.8.7, 1.8.9, 1.8.11, 1.8.13",
      rows: [
        { so: "12.0.0", min: "1.6.0", max: "1.8.0" },
        { so: "12.1.0", min: "1.8.1", max: "1.8.1" },
        { so: "12.2.0", min: "1.8.2", max: "1.8.4" },
        { so: "12.3.0", min: "1.8.5", max: "1.8.6" },
        { so: "12.4.0", min: "1.8.7", max: "1.8.7" },
        { so: "12.6.0", min: "1.8.8", max: "1.8.8" },
        { so: "12.7.0", min: "1.8.9" }
      ],
      exports: [
        { so: "12.7.0", symbol: "xtables_strtoul_base", absentMax: "1.8.10", presentMin: "1.8.11", note: "iptables commit 1af6984c (2023-11-22)" }
      ]
    },
    {
      name: "libnftables",
      source: "Debian packages 0.9.8, 1.0.6, 1.1.3, 1.1.7",
      rows: [
        { so: "1.0.0", max: "1.0.5" },
        { so: "1.1.0", min: "0.9.9" }
      ]
    },
    {
      name: "libipset",
      source: "Debian packages 7.10, 7.17, 7.22, 7.24",
      rows: [
        { so: "13.2.0", max: "7.16" },
        { so: "13.4.0", min: "7.11" }
      ]
    },
    {
      name: "libip4tc",
      source: "iptables libiptc/Makefile.am (version-info) at 1.8.2 and 1.8.3",
      rows: [
        { so: "0.1.0", max: "1.8.2" },
        { so: "2.0.0", min: "1.8.3" }
      ]
    },
    {
      name: "libip6tc",
      source: "iptables libiptc/Makefile.am (version-info) at 1.8.2 and 1.8.3",
      rows: [
        { so: "0.1.0", max: "1.8.2" },
        { so: "2.0.0", min: "1.8.3" }
      ]
    },
    {
      name: "libmnl",
      source: "Debian packages 1.0.4, 1.0.5 (the same number)",
      rows: []
    },
    {
      name: "libnetfilter_conntrack",
      source: "Debian packages 1.0.8, 1.0.9, 1.1.0, 1.1.1",
      rows: [
        { so: "3.7.0", max: "1.0.8" },
        { so: "3.8.0", min: "1.0.9" }
      ]
    },
    {
      name: "libnfnetlink",
      source: "Debian packages 1.0.1, 1.0.2 (the same number)",
      rows: []
    },
    {
      name: "libebtc",
      source: "Debian package 2.0.11",
      rows: []
    }
  ],
  goModules: [
    { module: "github.com/coreos/go-iptables", use: "runs iptables and ip6tables", source: "https://github.com/coreos/go-iptables" },
    { module: "sigs.k8s.io/knftables", use: "runs nft", source: "https://github.com/kubernetes-sigs/knftables" },
    { module: "github.com/danwinship/knftables", use: "runs nft", source: "https://github.com/danwinship/knftables" },
    { module: "github.com/google/nftables", use: "speaks nf_tables netlink", source: "https://github.com/google/nftables" },
    { module: "github.com/vishvananda/netlink", use: "speaks netlink, ip_set among it", source: "https://github.com/vishvananda/netlink" },
    { module: "github.com/tailscale/netlink", use: "speaks netlink, ip_set among it", source: "https://github.com/tailscale/netlink" },
    { module: "github.com/ti-mo/conntrack", use: "speaks conntrack netlink", source: "https://github.com/ti-mo/conntrack" },
    { module: "github.com/florianl/go-nfqueue", use: "speaks nfqueue netlink", source: "https://github.com/florianl/go-nfqueue" }
  ]
};

// src/toolchain/binaries/library-range.ts
var libraries = libraries_default.libraries;
function libraryRange(name, exact, dynamic, has) {
  const entry = libraries.find((library) => library.name === name);
  const exports = (entry?.exports ?? []).filter((row2) => has(`\0${row2.symbol}\0`)).map((row2) => row2.symbol);
  const soname = dynamic.soname ?? name;
  if (exact !== void 0)
    return { soVersion: void 0, min: exact, max: exact, exports, evidence: `${soname} with the text ${exact}` };
  const top = highestDefinition(entry?.verdefPrefix, dynamic.versions().definitions);
  const row = entry?.rows.find((candidate) => top !== void 0 && candidate.verdef === top);
  if (!entry || !row) return { soVersion: void 0, min: null, max: null, exports, evidence: soname };
  const range = narrow(entry, row, exports);
  return { ...range, soVersion: row.so, exports, evidence: `${soname} defines up to ${entry.verdefPrefix}${top}` };
}
function narrowByFileName(name, fileName, range) {
  const inName = /\.so\.([\d.]+)$/.exec(fileName)?.[1];
  const soVersion = range.soVersion ?? inName ?? "unknown";
  if (range.min !== null || range.max !== null)
    return { soVersion: inName ?? soVersion, min: range.min, max: range.max };
  const entry = libraries.find((library) => library.name === name);
  const row = entry?.rows.find((candidate) => candidate.so === inName);
  if (!entry || !row) return { soVersion, min: null, max: null };
  return { soVersion, ...narrow(entry, row, range.exports) };
}
function narrow(entry, row, exports) {
  const split = entry.exports?.find((candidate) => candidate.so === row.so);
  const present = split !== void 0 && exports.includes(split.symbol);
  return {
    min: (present ? split.presentMin : row.min) ?? null,
    max: (split && !present ? split.absentMax : row.max) ?? null
  };
}
function highestDefinition(prefix, definitions) {
  if (prefix === void 0) return void 0;
  const numbers2 = definitions.filter((definition) => definition.startsWith(prefix)).map((definition) => Number.parseInt(definition.slice(prefix.length), 10)).filter(Number.isFinite);
  return numbers2.length > 0 ? Math.max(...numbers2) : void 0;
}

// src/toolchain/binaries/identify.ts
var TRIPLE = /\0(\d+\.\d+\.\d+(?:\.\d+)?)(?=\0)/g;
var NO_VERSION = /^(?:0\.0\.0|127\.|10\.|192\.|172\.|224\.|255\.)/;
var TOOL_NAME = /tables|^nft$|^ipset$|^conntrackd?$|^ipvsadm$|^busybox/;
function identify(input) {
  const search = createSearch(input.bytes);
  if (!mayBeTool(input, search)) return void 0;
  for (const rule of RULES) {
    const identity = rule(input, search);
    if (identity) return identity;
  }
  return void 0;
}
function describeIdentity({ tool: tool2, versionIn, candidates, evidence: evidence2 }) {
  if (versionIn !== void 0) return `it needs ${versionIn}, which has its version`;
  if (candidates) return `its bytes hold several versions: ${candidates.join(", ")}`;
  return evidence2 === void 0 ? `its bytes are those of ${tool2}, without a version` : `its bytes hold: ${evidence2}`;
}
var RULES = [
  iptablesWithBackendText,
  arptablesLegacy,
  iptablesWithFormat,
  iptablesBefore18,
  ebtablesLegacy,
  busybox,
  ipvsadm,
  libnftnl,
  libipset,
  libnftables,
  nft,
  conntrack,
  otherLibrary,
  ipset
];
function mayBeTool({ name, dynamic }, search) {
  if (TOOL_NAME.test(name) || dynamic?.soname !== void 0) return true;
  if (dynamic?.needed.some((library) => NETFILTER_LIBRARY2.test(library))) return true;
  if (dynamic && !dynamic.needed.every((library) => C_LIBRARY.test(library))) return false;
  return search.has(STATIC_IPSET) || search.has("tables") && TABLES_MARKS.some(search.has);
}
var NETFILTER_LIBRARY2 = new RegExp(`^${NETFILTER_LIBRARIES}`);
var C_LIBRARY = /^(?:ld-|lib(?:c|m|dl|rt|pthread|resolv|gcc_s)\.)/;
var TABLES_MARKS = [" (nf_tables)", " (legacy)", "includepath", "\0ebtables v"];
function iptablesWithBackendText(_, search) {
  if (!search.has(" (nf_tables)\0") && !search.has(" (legacy)\0")) return void 0;
  const nft2 = versionOf("nf_tables", search);
  const legacy = versionOf("legacy", search);
  if (nft2 === void 0 && legacy === void 0) return void 0;
  if (nft2 !== void 0 && legacy !== void 0) return decide("iptables", [.../* @__PURE__ */ new Set([nft2, legacy])]);
  const version2 = nft2 ?? legacy ?? null;
  const backend = nft2 === void 0 ? "legacy" : "nft";
  return { tool: "iptables", version: version2, backend, evidence: `${version2} (${nft2 === void 0 ? "legacy" : "nf_tables"})` };
}
function versionOf(backend, search) {
  const pattern = {
    nf_tables: /\0(\d+\.\d+\.\d+(?:\.\d+)?) \(nf_tables\)(?=\0)/,
    legacy: /\0(\d+\.\d+\.\d+(?:\.\d+)?) \(legacy\)(?=\0)/
  };
  return pattern[backend].exec(search.text())?.[1];
}
function arptablesLegacy({ name }, search) {
  if (!name.startsWith("arptables") || !search.has("arp_tables")) return void 0;
  const versions = search.triples().filter((version2) => /^0\.0\.[3-5]$/.test(version2));
  if (versions.length !== 1) return void 0;
  return { ...decide("arptables", versions), backend: "legacy" };
}
function iptablesWithFormat(_, search) {
  const isNft = search.has("%s v%s (nf_tables)");
  const isLegacy = search.has("%s v%s (legacy)");
  if (!isNft && !isLegacy) return void 0;
  const versions = search.triples().filter((version2) => version2.startsWith("1."));
  if (versions.length === 0) return void 0;
  const identity = decide("iptables", versions);
  return isNft && isLegacy ? identity : { ...identity, backend: isNft ? "nft" : "legacy" };
}
function iptablesBefore18({ name, dynamic }, search) {
  if (name !== "xtables-multi" && name !== "xtables-compat-multi") return void 0;
  if (!needs(dynamic, "libxtables.so") && !search.has("iptables-restore")) return void 0;
  const versions = search.triples().filter((version2) => /^1\.[46]\./.test(version2));
  return { ...decide("iptables", versions), backend: name === "xtables-multi" ? "legacy" : "nft" };
}
function ebtablesLegacy({ dynamic }, search) {
  if (search.has("\0ebtables v")) {
    const match2 = /\0ebtables v(\d+\.\d+\.\d+)(?: \(legacy\))? \(/.exec(search.text());
    if (match2?.[1]) {
      const identity = {
        tool: "ebtables",
        version: match2[1],
        backend: "legacy",
        evidence: match2[0].slice(1).replace(/ \($/, "")
      };
      return dynamic?.soname?.startsWith("libebtc.so") ? asLibrary("libebtc", match2[1], dynamic, identity) : identity;
    }
  }
  if (!needs(dynamic, "libebtc.so")) return void 0;
  return {
    tool: "ebtables",
    version: null,
    backend: "legacy",
    versionIn: "libebtc.so"
  };
}
function busybox(_, search) {
  return search.has("BusyBox v") ? match("busybox", /BusyBox v(\d+\.\d+\.\d+)/, search) : void 0;
}
function ipvsadm(_, search) {
  return search.has("ipvsadm v") ? match("ipvsadm", /ipvsadm v(\d+\.\d+(?:\.\d+)?)/, search) : void 0;
}
function libnftnl({ dynamic }, search) {
  if (!dynamic?.soname?.startsWith("libnftnl.so")) return void 0;
  return rangeOf("libnftnl", dynamic, search);
}
var STATIC_IPSET = "Kernel and userspace incompatible: settype";
function libipset({ dynamic }, search) {
  const isLibrary = dynamic?.soname?.startsWith("libipset.so") === true;
  if (!isLibrary && !(dynamic?.soname === void 0 && search.has(STATIC_IPSET))) return void 0;
  const text = search.text();
  const beside = /\0(\d+\.\d+)\0+ipset\0/.exec(text) ?? /\0ipset\0+(\d+\.\d+)\0/.exec(text);
  const versions = beside?.[1] ? [beside[1]] : distinct(text, /\0(\d+\.\d+)(?=\0)/g);
  const identity = decide("ipset", versions);
  return isLibrary ? asLibrary("libipset", identity.version, dynamic, identity) : identity;
}
function libnftables({ dynamic }, search) {
  if (!dynamic?.soname?.startsWith("libnftables.so")) return void 0;
  const identity = decide("libnftables", search.triples());
  const json = needs(dynamic, "libjansson.so") || search.has(JSON_WRITTEN);
  return { ...asLibrary("libnftables", identity.version, dynamic, identity), json };
}
var JSON_WRITTEN = "json_schema_version";
var JSON_REFUSED = "JSON support not compiled-in";
function nft({ dynamic }, search) {
  if (dynamic?.soname !== void 0 || !search.has("includepath")) return void 0;
  const usesLibrary2 = needs(dynamic, "libnftables.so") && search.has("nftables");
  if (!usesLibrary2 && !search.has("%s v%s (%s)")) return void 0;
  const identity = { ...decide("nft", search.triples()), backend: "nft" };
  if (search.has(JSON_REFUSED)) return { ...identity, json: false };
  return search.has(JSON_WRITTEN) ? { ...identity, json: true } : identity;
}
function conntrack({ name, dynamic }, search) {
  if (dynamic?.soname !== void 0) return void 0;
  const named = name === "conntrack" || name === "conntrackd";
  if (!named && !search.has("%s v%s (conntrack-tools)")) return void 0;
  return decide(name === "conntrackd" ? "conntrackd" : "conntrack", search.triples());
}
var OTHER_LIBRARIES = [
  "libxtables",
  "libmnl",
  "libip4tc",
  "libip6tc",
  "libnetfilter_conntrack",
  "libnfnetlink",
  "libebtc"
];
function otherLibrary({ dynamic }, search) {
  const library = OTHER_LIBRARIES.find((name) => dynamic?.soname?.startsWith(`${name}.so`));
  if (!library || !dynamic) return void 0;
  const identity = rangeOf(library, dynamic, search);
  const directory = library === "libxtables" ? /\0(\/[\w.+/-]{1,200}\/xtables)\0/.exec(search.text())?.[1] : void 0;
  return directory === void 0 ? identity : { ...identity, extensionDirectory: directory };
}
function ipset({ name, dynamic }) {
  if (dynamic?.soname !== void 0 || name !== "ipset" && !needs(dynamic, "libipset.so")) return void 0;
  const own2 = dynamic?.needed.every((library) => /^(?:libipset|libmnl|libc|ld-)/.test(library)) === true;
  if (name !== "ipset" && !own2) return void 0;
  if (name === "ipset" && !needs(dynamic, "libipset.so")) return void 0;
  return { tool: "ipset", version: null, versionIn: "libipset.so" };
}
function needs(dynamic, prefix) {
  return dynamic?.needed.some((library) => library.startsWith(prefix)) === true;
}
function match(tool2, pattern, search) {
  const found = pattern.exec(search.text());
  return found?.[1] ? { tool: tool2, version: found[1], evidence: found[0] } : void 0;
}
function decide(tool2, versions) {
  const [version2] = versions;
  if (versions.length === 1 && version2 !== void 0) return { tool: tool2, version: version2, evidence: version2 };
  return versions.length === 0 ? { tool: tool2, version: null } : { tool: tool2, version: null, candidates: versions.slice(0, MAX_TOLD) };
}
function rangeOf(library, dynamic, search) {
  const range = libraryRange(library, void 0, dynamic, search.has);
  return { tool: library, version: null, library: range, evidence: range.evidence };
}
function asLibrary(library, version2, dynamic, found) {
  const range = libraryRange(library, version2 ?? void 0, dynamic, () => false);
  const identity = { tool: library, version: version2, library: range };
  if (found.evidence !== void 0) identity.evidence = found.evidence;
  if (found.candidates) identity.candidates = found.candidates;
  return identity;
}
function createSearch(bytes) {
  let text;
  let triples;
  const search = {
    has: createTextSearch(bytes),
    text: () => text ??= bytes.toString("latin1"),
    triples: () => triples ??= distinct(search.text(), TRIPLE).filter((version2) => !NO_VERSION.test(version2))
  };
  return search;
}
var MAX_CANDIDATES = 64;
var MAX_TOLD = 8;
function distinct(text, pattern) {
  const found = /* @__PURE__ */ new Set();
  for (const hit of text.matchAll(pattern)) {
    if (hit[1] !== void 0) found.add(hit[1]);
    if (found.size >= MAX_CANDIDATES) break;
  }
  return [...found];
}

// src/toolchain/packages/ownership.ts
import { basename as basename4 } from "node:path/posix";

// src/knowledge/tool-packages.json
var tool_packages_default = {
  comment: "Packages that bring a tool, in the distributions' namings, the one that brings it most often first.",
  tools: [
    { tool: "iptables", packages: ["iptables", "iptables-nft", "iptables-legacy", "ip6tables"], source: "https://src.fedoraproject.org/rpms/iptables (iptables-nft, iptables-legacy); https://pkgs.alpinelinux.org/package/v3.14/main/x86_64/ip6tables" },
    { tool: "ip6tables", packages: ["iptables", "iptables-nft", "iptables-legacy", "ip6tables"], source: "https://src.fedoraproject.org/rpms/iptables; https://pkgs.alpinelinux.org/package/v3.14/main/x86_64/ip6tables" },
    { tool: "nft", packages: ["nftables"], source: "https://packages.debian.org/source/stable/nftables" },
    { tool: "ipset", packages: ["ipset"], source: "https://packages.debian.org/source/stable/ipset" },
    { tool: "conntrack", packages: ["conntrack", "conntrack-tools"], source: "https://packages.debian.org/source/stable/conntrack-tools; https://src.fedoraproject.org/rpms/conntrack-tools" },
    { tool: "ebtables", packages: ["ebtables", "iptables"], source: "https://packages.debian.org/source/stable/ebtables; https://packages.debian.org/source/stable/iptables (ebtables-nft)" },
    { tool: "arptables", packages: ["arptables", "iptables"], source: "https://packages.debian.org/source/stable/arptables; https://packages.debian.org/source/stable/iptables (arptables-nft)" }
  ]
};

// src/knowledge/tool-packages.ts
var packages = new Map(tool_packages_default.tools.map((row) => [row.tool, row.packages]));
function packagesOfTool(tool2) {
  return packages.get(tool2) ?? [];
}
var toolPackages = new Set([...packages.values()].flat());

// src/toolchain/packages/ownership.ts
var MAX_CLAIMS = 3;
function listClaims(survey, tool2) {
  const told = survey.claims.flatMap(
    ({ path, node, content }) => content.claims.filter(({ name }) => packagesOfTool(tool2).includes(name)).map(({ name, version: version2 }) => evidence(`an SBOM in the image claims ${name} ${version2}`, path, node))
  );
  return told.slice(0, MAX_CLAIMS);
}
function indexOwnership(survey, tree2) {
  const resolve3 = createPathResolver(tree2);
  const index = { byPath: /* @__PURE__ */ new Map(), byDigest: /* @__PURE__ */ new Map(), withoutList: /* @__PURE__ */ new Map() };
  const lists = collectFileLists(survey);
  for (const database2 of survey.packages) {
    const root = rootOf(database2.path);
    for (const entry of database2.content.packages) {
      const files = entry.files ?? lists.get(`${root} ${entry.name}`);
      const record2 = { name: entry.name, version: entry.version, database: database2.content.database };
      const source = sourceOf(database2.path, database2.node);
      if (!files) index.withoutList.set(entry.name, { record: record2, by: "name", source });
      const owner = { record: record2, by: "list", source };
      for (const { path, digest } of files ?? []) {
        const real = resolve3(`${root}${path}`);
        index.byPath.set(real, [...index.byPath.get(real) ?? [], { owner, digest }]);
        if (digest !== void 0) index.byDigest.set(digest, owner);
      }
    }
  }
  return {
    tie: (path, digests, tool2) => tie(index, path, digests, tool2),
    claims: (tool2) => listClaims(survey, tool2),
    problems: databaseProblems(survey)
  };
}
function tie(index, path, digests, tool2) {
  const content = digests ? Object.entries(digests).map(([algorithm, hex]) => `${algorithm}:${hex}`) : [];
  const named = index.byPath.get(path) ?? [];
  const fits = (digest) => digest === void 0 || digests === void 0 || content.includes(digest);
  const owner = (named.findLast((file) => file.digest !== void 0 && fits(file.digest)) ?? named.findLast((file) => fits(file.digest)))?.owner;
  if (owner) return { owner };
  const copied = content.map((digest) => index.byDigest.get(digest)).find((found) => found !== void 0);
  if (copied) return { owner: { ...copied, by: "content" } };
  const former = named.at(-1)?.owner;
  if (former) return { former };
  const byName = tool2 === void 0 ? void 0 : ownerByName(tool2, index.withoutList);
  return byName ? { owner: byName } : {};
}
function ownerByName(tool2, withoutList) {
  const name = packagesOfTool(tool2).find((candidate) => withoutList.has(candidate));
  return name === void 0 ? void 0 : withoutList.get(name);
}
function collectFileLists(survey) {
  const lists = /* @__PURE__ */ new Map();
  for (const list of survey.fileLists) {
    const name = basename4(list.path).replace(/\.(?:list|md5sums)$/, "").replace(/:[^:]*$/, "");
    const key = `${rootOf(list.path)} ${name}`;
    lists.set(key, joinFiles(lists.get(key) ?? [], list.content.files));
  }
  return lists;
}
function joinFiles(some, others) {
  const files = new Map(some.map((file) => [file.path, file]));
  for (const file of others) if (file.digest !== void 0 || !files.has(file.path)) files.set(file.path, file);
  return [...files.values()];
}
function rootOf(path) {
  return path.replace(/(?:\/usr|\/var)?\/(?:lib|share)\/(?:apk|dpkg|rpm|rpmmanifest|sysimage\/rpm)\/.*$/, "");
}
function databaseProblems(survey) {
  const damaged3 = [...survey.packages, ...survey.fileLists].flatMap(
    (found) => "problems" in found.content && found.content.problems.length > 0 ? [{ fact: `packages of ${found.path}`, reason: `not all can be read: ${found.content.problems.join("; ")}` }] : []
  );
  const unread = survey.unreadDatabases.map(({ path, reason }) => ({ fact: `packages of ${path}`, reason }));
  return [...damaged3, ...unread];
}
function describeOwner(owner, path) {
  const name = `package ${owner.record.name} ${owner.record.version}`;
  if (owner.by === "list") return `${name} owns ${path}`;
  if (owner.by === "content") return `${path} is a copy of a file of ${name}`;
  return `${name} is installed and has no file list (${path} fits its name)`;
}
function describeFormer(owner, path) {
  return `package ${owner.record.name} ${owner.record.version} names ${path} with another content: it was replaced`;
}

// src/toolchain/libraries.ts
function listLibraries(survey, ownership) {
  return withoutFurtherNames(survey.binaries).flatMap(({ path, node, content }) => {
    const identity = content.identity;
    if (!identity?.library) return [];
    const { soVersion, min, max } = narrowByFileName(identity.tool, basename5(path), identity.library);
    const library = {
      name: identity.tool,
      soVersion,
      path,
      versions: [min, max],
      evidence: [evidence(describeIdentity(identity), path, node)]
    };
    const { owner, former } = ownership.tie(path, content.digests);
    if (former) library.evidence.unshift({ fact: describeFormer(former, path), source: former.source });
    if (!owner) return [library];
    library.package = owner.record;
    library.evidence.unshift({ fact: describeOwner(owner, path), source: owner.source });
    const version2 = upstreamVersion(owner.record.version);
    if (version2 !== void 0 && liesWithin(version2, min, max)) library.versions = [version2, version2];
    return [library];
  });
}
function withoutFurtherNames(binaries) {
  const names2 = /* @__PURE__ */ new Map();
  for (const { path, content } of binaries) {
    const known = names2.get(content) ?? { first: path, isLibrary: false };
    names2.set(content, { ...known, isLibrary: known.isLibrary || isNetfilterLibrary(basename5(path)) });
  }
  return binaries.filter(({ path, content }) => {
    const known = names2.get(content);
    return known?.isLibrary ? isNetfilterLibrary(basename5(path)) : known?.first === path;
  });
}
function liesWithin(version2, min, max) {
  return (min === null || compareVersions(version2, min) >= 0) && (max === null || compareVersions(version2, max) <= 0);
}

// src/toolchain/program.ts
import { basename as basename7 } from "node:path/posix";

// src/toolchain/starters.ts
import { basename as basename6 } from "node:path/posix";

// src/knowledge/starters.json
var starters_default = {
  comment: "Programs that start another one and are never what an image is about. words: how many of the words behind the name and its options are their own; the command follows. values: options whose value is the next word. supervisors: programs that start what their own files say. serves: the folder among its words is one of services, each a script or a folder with the script run. services: folders of services that it has by itself. asRoot: it runs the command as root for another user. interpreters: what runs programs that are no files of its own, a release behind the name left out.",
  starters: [
    { name: "tini", words: 0, values: ["-p", "-e"], source: "https://github.com/krallin/tini" },
    { name: "tini-static", words: 0, values: ["-p", "-e"], source: "https://github.com/krallin/tini" },
    { name: "docker-init", words: 0, values: ["-p", "-e"], source: "https://github.com/moby/moby/blob/master/hack/dockerfile/install/tini.installer" },
    { name: "init", words: 0, values: ["-p", "-e"], services: ["/etc/cont-init.d", "/etc/s6-overlay/s6-rc.d", "/etc/services.d"], servicesSource: "https://github.com/just-containers/s6-overlay", source: "https://docs.docker.com/reference/cli/docker/container/run/#init" },
    { name: "dumb-init", words: 0, values: ["-r", "--rewrite"], source: "https://github.com/Yelp/dumb-init" },
    { name: "catatonit", words: 0, source: "https://github.com/openSUSE/catatonit" },
    { name: "go-runner", words: 0, values: ["-log-file", "--log-file", "-also-stdout", "--also-stdout", "-redirect-stderr", "--redirect-stderr"], source: "https://github.com/kubernetes/release/tree/master/images/build/go-runner" },
    { name: "s6-svscan", words: 1, serves: true, values: ["-c", "-t", "-d", "-X", "-C"], source: "https://skarnet.org/software/s6/s6-svscan.html" },
    { name: "s6-setuidgid", words: 1, source: "https://skarnet.org/software/s6/s6-setuidgid.html" },
    { name: "s6-envuidgid", words: 1, values: ["-D"], source: "https://skarnet.org/software/s6/s6-envuidgid.html" },
    { name: "s6-applyuidgid", words: 0, values: ["-u", "-g", "-G"], source: "https://skarnet.org/software/s6/s6-applyuidgid.html" },
    { name: "s6-softlimit", words: 0, values: ["-a", "-c", "-d", "-f", "-l", "-m", "-o", "-p", "-r", "-s", "-t"], source: "https://skarnet.org/software/s6/s6-softlimit.html" },
    { name: "s6-envdir", words: 1, values: ["-c"], source: "https://skarnet.org/software/s6/s6-envdir.html" },
    { name: "s6-setlock", words: 1, values: ["-t"], source: "https://skarnet.org/software/s6/s6-setlock.html" },
    { name: "s6-setsid", words: 0, source: "https://skarnet.org/software/s6/s6-setsid.html" },
    { name: "s6-notifyoncheck", words: 0, values: ["-3", "-s", "-T", "-t", "-w", "-n", "-c"], source: "https://skarnet.org/software/s6/s6-notifyoncheck.html" },
    { name: "with-contenv", words: 0, source: "https://github.com/just-containers/s6-overlay" },
    { name: "runsvdir", words: 1, serves: true, source: "https://smarden.org/runit/runsvdir.8.html" },
    { name: "runsv", words: 1, source: "https://smarden.org/runit/runsv.8.html" },
    { name: "chpst", words: 0, values: ["-u", "-U", "-b", "-e", "-/", "-C", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-r", "-t"], source: "https://smarden.org/runit/chpst.8.html" },
    { name: "setuidgid", words: 1, source: "https://cr.yp.to/daemontools/setuidgid.html" },
    { name: "envuidgid", words: 1, source: "https://cr.yp.to/daemontools/envuidgid.html" },
    { name: "envdir", words: 1, source: "https://cr.yp.to/daemontools/envdir.html" },
    { name: "setlock", words: 1, source: "https://cr.yp.to/daemontools/setlock.html" },
    { name: "softlimit", words: 0, values: ["-a", "-c", "-d", "-f", "-l", "-m", "-o", "-p", "-r", "-s", "-t"], source: "https://cr.yp.to/daemontools/softlimit.html" },
    { name: "supervise", words: 1, source: "https://cr.yp.to/daemontools/supervise.html" },
    { name: "svscan", words: 1, serves: true, source: "https://cr.yp.to/daemontools/svscan.html" },
    { name: "gosu", words: 1, source: "https://github.com/tianon/gosu" },
    { name: "su-exec", words: 1, source: "https://github.com/ncopa/su-exec" },
    { name: "setpriv", words: 0, values: ["--ambient-caps", "--inh-caps", "--bounding-set", "--ruid", "--euid", "--rgid", "--egid", "--reuid", "--regid", "--groups", "--securebits", "--pdeathsig", "--selinux-label", "--apparmor-profile", "--landlock-access", "--landlock-rule", "--seccomp-filter", "--ptracer"], source: "https://man7.org/linux/man-pages/man1/setpriv.1.html" },
    { name: "sudo", asRoot: true, words: 0, values: ["-C", "--close-from", "-D", "--chdir", "-g", "--group", "-h", "--host", "-p", "--prompt", "-R", "--chroot", "-r", "--role", "-T", "--command-timeout", "-t", "--type", "-u", "--user", "-U", "--other-user"], source: "https://www.sudo.ws/docs/man/sudo.man/" },
    { name: "doas", asRoot: true, words: 0, values: ["-C", "-u"], source: "https://man.openbsd.org/doas" },
    { name: "runuser", words: 0, values: ["-u", "--user", "-g", "--group", "-G", "--supp-group", "-w", "--whitelist-environment", "-s", "--shell"], source: "https://man7.org/linux/man-pages/man1/runuser.1.html" },
    { name: "busybox", words: 0, source: "https://busybox.net/downloads/BusyBox.html" },
    { name: "nice", words: 0, values: ["-n", "--adjustment"], source: "https://www.gnu.org/software/coreutils/manual/html_node/nice-invocation.html" },
    { name: "nohup", words: 0, source: "https://www.gnu.org/software/coreutils/manual/html_node/nohup-invocation.html" },
    { name: "timeout", words: 1, values: ["-k", "--kill-after", "-s", "--signal"], source: "https://www.gnu.org/software/coreutils/manual/html_node/timeout-invocation.html" },
    { name: "stdbuf", words: 0, values: ["-i", "--input", "-o", "--output", "-e", "--error"], source: "https://www.gnu.org/software/coreutils/manual/html_node/stdbuf-invocation.html" },
    { name: "setsid", words: 0, source: "https://man7.org/linux/man-pages/man1/setsid.1.html" },
    { name: "ionice", words: 0, values: ["-c", "--class", "-n", "--classdata"], source: "https://man7.org/linux/man-pages/man1/ionice.1.html" },
    { name: "taskset", words: 1, source: "https://man7.org/linux/man-pages/man1/taskset.1.html" },
    { name: "chrt", words: 1, values: ["-T", "--sched-runtime", "-P", "--sched-period", "-D", "--sched-deadline"], source: "https://man7.org/linux/man-pages/man1/chrt.1.html" },
    { name: "prlimit", words: 0, source: "https://man7.org/linux/man-pages/man1/prlimit.1.html" },
    { name: "flock", words: 1, values: ["-w", "--timeout", "-E", "--conflict-exit-code"], source: "https://man7.org/linux/man-pages/man1/flock.1.html" },
    { name: "unshare", words: 0, values: ["--map-user", "--map-group", "--map-users", "--map-groups", "--propagation", "--setgroups", "-w", "--wd", "-S", "--setuid", "-G", "--setgid", "--monotonic", "--boottime"], source: "https://man7.org/linux/man-pages/man1/unshare.1.html" },
    { name: "exec", words: 0, values: ["-a"], source: "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html" },
    { name: "command", words: 0, source: "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/command.html" },
    { name: "builtin", words: 0, source: "https://www.gnu.org/software/bash/manual/html_node/Bash-Builtins.html" }
  ],
  supervisors: [
    { name: "supervisord", source: "http://supervisord.org/running.html" },
    { name: "systemd", source: "https://www.freedesktop.org/software/systemd/man/latest/systemd.html" },
    { name: "runit-init", source: "https://smarden.org/runit/runit-init.8.html" },
    { name: "runit", source: "https://smarden.org/runit/runit.8.html" },
    { name: "openrc-init", source: "https://github.com/OpenRC/openrc" },
    { name: "dinit", source: "https://davmac.org/projects/dinit/" },
    { name: "monit", source: "https://mmonit.com/monit/documentation/monit.html" },
    { name: "circusd", source: "https://circus.readthedocs.io/en/latest/" },
    { name: "horust", source: "https://github.com/FedericoPonzi/Horust" },
    { name: "pebble", source: "https://documentation.ubuntu.com/pebble/" },
    { name: "goreman", source: "https://github.com/mattn/goreman" },
    { name: "hivemind", source: "https://github.com/DarthSim/hivemind" },
    { name: "overmind", source: "https://github.com/DarthSim/overmind" },
    { name: "multirun", source: "https://github.com/nicolas-van/multirun" },
    { name: "start-stop-daemon", source: "https://man7.org/linux/man-pages/man8/start-stop-daemon.8.html" },
    { name: "s6-overlay-suexec", source: "https://github.com/just-containers/s6-overlay-helpers" },
    { name: "s6-linux-init", source: "https://skarnet.org/software/s6-linux-init/s6-linux-init.html" },
    { name: "dockerize", source: "https://github.com/jwilder/dockerize" },
    { name: "envconsul", source: "https://github.com/hashicorp/envconsul" },
    { name: "vault-env", source: "https://github.com/bank-vaults/vault-env" }
  ],
  interpreters: ["python", "perl", "ruby", "node", "java", "php", "lua", "deno", "bun", "tclsh", "pwsh", "dotnet", "guile", "expect"],
  shells: ["sh", "bash", "dash", "ash", "ksh", "zsh"]
};

// src/toolchain/starters.ts
var starters = new Map(starters_default.starters.map(({ name, ...starter }) => [name, starter]));
var supervisors = new Set(starters_default.supervisors.map(({ name }) => name));
var interpreters = new Set(starters_default.interpreters);
var rootHelpers = starters_default.starters.filter((starter) => "asRoot" in starter).map(({ name }) => name);
var shells = starters_default.shells;
function behindStarter(words, at) {
  const starter = starters.get(basename6(words[at] ?? ""));
  if (starter === void 0) return void 0;
  let next = at + 1;
  let own2 = starter.words;
  for (; next < words.length; next++) {
    const word = words[next] ?? "";
    if (word === "--") continue;
    if (word.startsWith("-") && word !== "-") next += starter.values?.includes(word) === true ? 1 : 0;
    else if (own2-- <= 0) break;
  }
  return Math.min(next, words.length);
}
function serviceFolders([first = "", ...words]) {
  const { serves, services = [] } = starters.get(basename6(first)) ?? {};
  const folder = words.find((word) => word.startsWith("/"));
  return serves === true && folder !== void 0 ? [folder] : services;
}
function isShell(name) {
  return shells.includes(name);
}
function isInterpreter(name) {
  return interpreters.has(name.replace(/[\d.]+$/, ""));
}
function isStarter(name) {
  return starters.has(name) || supervisors.has(name) || isShell(name) || name === "env";
}

// src/toolchain/program.ts
var MAX_SCRIPT_DEPTH = 3;
var STARTED = "the entrypoint starts it";
var FILES_OF_A_PROGRAM = "command-line-arguments";
function tellProgram(start, known) {
  const { tree: tree2, survey, started } = start;
  for (const path of started) {
    const match2 = recognise(path, binaryAt(tree2, path)?.content.go, known);
    if (match2) return { program: describeProgram(tree2, path, match2.id, match2.fact) };
  }
  const elsewhere = findAnywhere(tree2, survey, known);
  const ids = [...new Set(elsewhere.map((hit2) => hit2.id))];
  const [hit] = elsewhere;
  const own2 = started.find((path) => !isStarter(basename7(path)) && isProgram(tree2, path));
  const ownProgram = own2 === void 0 ? void 0 : describeProgram(tree2, own2, ownName(tree2, own2, known), STARTED);
  if (hit && ids.length === 1) {
    const program = describeProgram(tree2, hit.path, hit.id, hit.fact);
    return own2 === void 0 || !ownProgram || mayStart(start, own2, hit.path) ? { program } : { program: ownProgram, other: program, missing: undecided(own2, program) };
  }
  if (ownProgram !== void 0) return { program: ownProgram };
  if (ids.length > 1)
    return { missing: { fact: "the program of the image", reason: `it holds several known ones: ${ids.join(", ")}` } };
  return {};
}
function mayStart({ tree: tree2, started, words }, own2, known) {
  const isFree = (path) => !isProgram(tree2, path) || isInterpreter(basename7(path));
  if (started.some(isFree)) return true;
  if (words.some((word) => word.split(/[\s=,]+/).some((part) => basename7(part) === basename7(known)))) return true;
  const [project, other] = [own2, known].map((path) => projectOf(binaryAt(tree2, path)?.content.go));
  return project !== void 0 && project === other;
}
function projectOf(build2) {
  const path = build2?.main?.path || build2?.path;
  if (path === void 0 || path === "" || path === FILES_OF_A_PROGRAM) return void 0;
  return path.split("/", 2).join("/");
}
function undecided(own2, { name, path }) {
  return {
    fact: "the program of the image",
    reason: `its entrypoint starts ${own2}, and whether that starts ${name} (${path}) could not be told`
  };
}
function findStarted(tree2, words, find3) {
  const found = [];
  let level = words.slice(0, 32);
  for (let depth = 0; depth < MAX_SCRIPT_DEPTH && level.length > 0; depth++) {
    const next = [];
    for (const word of level) {
      const path = reach(tree2, word, find3);
      if (path === void 0 || found.includes(path)) continue;
      found.push(path);
      const content = contentOf(tree2.lookup(path));
      if (content?.kind === "script") next.push(...content.script.starts);
      else if (!isStarter(basename7(path))) return found;
    }
    level = next;
  }
  return found;
}
function reach(tree2, word, find3) {
  if (word === "" || word.startsWith("-") || /\s/.test(word)) return void 0;
  const hit = word.includes("/") ? followLink(tree2, word.startsWith("/") ? word : `/${word}`) : find3(word);
  const target = hit?.target;
  return target && (target.node.mode & 73) !== 0 ? target.path : void 0;
}
function recognise(path, build2, known) {
  const byPath = known.find((program) => program.recognise?.paths?.includes(path));
  let best;
  for (const program of build2 ? known : []) {
    for (const module of program.recognise?.goModules ?? []) {
      const names2 = [build2?.path ?? "", build2?.main?.path ?? ""];
      const fits = names2.some((name) => name === module || name.startsWith(`${module}/`));
      if (fits && (best === void 0 || module.length > best.module.length)) best = { id: program.id, module };
    }
  }
  if (best) return { id: best.id, path, fact: `a Go program of ${build2?.path || build2?.main?.path}` };
  return byPath && { id: byPath.id, path, fact: `the path of ${byPath.id}'s program` };
}
function findAnywhere(tree2, survey, known) {
  const programs = survey.binaries.flatMap(({ path, content }) => recognise(path, content.go, known) ?? []);
  const paths = known.flatMap(
    ({ id, recognise: by }) => (by?.paths ?? []).flatMap((path) => {
      const hit = followLink(tree2, path);
      return hit?.target ? [{ id, path: hit.target.path, fact: `the path of ${id}'s program` }] : [];
    })
  );
  return [...programs, ...paths];
}
function describeProgram(tree2, path, name, fact) {
  const found = binaryAt(tree2, path);
  const node = tree2.lookup(path);
  const build2 = found?.content.go;
  const source = node ? sourceOf(path, node) : path;
  const program = {
    name,
    version: build2 ? programVersion(build2) : null,
    path,
    libraries: build2 ? netfilterLibraries(build2) : [],
    evidence: [{ fact, source }]
  };
  if (build2?.main) program.module = build2.main.path;
  if (found && build2?.revision !== void 0)
    program.evidence.push(evidence(`built from commit ${build2.revision}`, path, found.node));
  return program;
}
function programVersion(build2) {
  const version2 = build2.main?.version ?? "";
  if (/^v\d/.test(version2) && !version2.startsWith("v0.0.0-")) return version2;
  return build2.stampedVersion ?? null;
}
function netfilterLibraries(build2) {
  return build2.dependencies.filter(({ path }) => libraries_default.goModules.some(({ module }) => path === module || path.startsWith(`${module}/`))).map(({ path, version: version2 }) => `${path}@${version2}`);
}
function ownName(tree2, path, known) {
  const build2 = binaryAt(tree2, path)?.content.go;
  const packagePath = build2?.path === FILES_OF_A_PROGRAM ? "" : build2?.path;
  const module = (build2?.main?.path ?? packagePath ?? "").replace(/[/.]v\d+$/, "");
  const names2 = [basename7(module), basename7(path)];
  return names2.find((name) => name !== "" && !known.some(({ id }) => id === name)) ?? path;
}
function binaryAt(tree2, path) {
  const node = tree2.lookup(path);
  if (node?.type !== "file") return void 0;
  const content = contentOf(node);
  return content?.kind === "binary" ? { path, node, content } : void 0;
}
function isProgram(tree2, path) {
  const node = tree2.lookup(path);
  return node?.type === "file" && contentOf(node)?.kind !== "script";
}

// src/toolchain/selector.ts
import { dirname as dirname5 } from "node:path/posix";

// src/knowledge/wrappers.json
var wrappers_default = {
  comment: "How scripts and programs that choose the iptables backend at run time are told apart. A script is the first entry all of whose texts it holds. An entry with entrypoint stands for a start script that sets the links before anything else runs: it counts when the image starts it; setsOnly: it sets the links of that backend alone and leaves those of the other as the image has them.",
  scripts: [
    {
      version: "cilium",
      all: ["nft_kubeproxy_rules"],
      source: "https://github.com/cilium/cilium/tree/main/images/runtime",
      note: "looks for kube-proxy's marker chains first"
    },
    {
      version: "terway",
      all: ["lifsea8", "legacy"],
      source: "https://github.com/AliyunContainerService/terway",
      note: "v1 with patterns on the kernel release before it"
    },
    {
      version: "kube-ovn",
      all: ["nft_kubelet_rules", "/usr/local/sbin"],
      source: "https://github.com/kubeovn/kube-ovn/tree/master/dist/images",
      note: "v2 that puts its links into /usr/local/sbin"
    },
    {
      version: "k3s",
      all: ["xtables-set-mode.sh -m"],
      source: "https://github.com/k3s-io/k3s-root",
      note: "IPTABLES_MODE, then counted rules, then the distribution"
    },
    {
      version: "kind",
      all: ["select_iptables", "num_legacy_lines"],
      entrypoint: true,
      source: "https://github.com/kubernetes-sigs/kind/blob/main/images/base/files/usr/local/bin/entrypoint",
      note: "v1 in the entrypoint of node images: sets the alternatives, then starts the node"
    },
    {
      version: "klipper-lb",
      all: ["check_iptables_mode", "set_legacy"],
      entrypoint: true,
      linksIn: '^BIN_DIR="(/[^"]+)"',
      sets: "^\\s*for i in ([\\w -]+); *do",
      source: "https://github.com/k3s-io/klipper-lb/blob/master/entry",
      note: "nft where lsmod lists nf_tables, else legacy: sets the links in BIN_DIR, then writes its rules; up to v0.4.10 that is /sbin, which PATH reaches after the /usr/sbin of Alpine 3.21 (https://github.com/k3s-io/klipper-lb/issues/77)"
    },
    {
      version: "docker-dind",
      all: ["DOCKER_IPTABLES_LEGACY", "iptablesLegacy="],
      entrypoint: true,
      source: "https://github.com/docker-library/docker/blob/master/dockerd-entrypoint.sh",
      note: "legacy where the namespace has tables of legacy iptables or iptables-nft fails: puts a folder of legacy links in front of PATH, then starts dockerd"
    },
    {
      version: "weave",
      all: ["setup_iptables_backend", "/sbin/iptables-legacy /sbin/iptables"],
      entrypoint: true,
      source: "https://github.com/rajch/weave/blob/v2.9.0/prog/weave-kube/launch.sh",
      note: "v1-timeout in the start script, with IPTABLES_BACKEND before it"
    },
    {
      version: "weave",
      all: ["setup_iptables_backend", "/sbin/iptables-nft /sbin/iptables"],
      entrypoint: true,
      setsOnly: "nft",
      source: "https://github.com/rajch/weave/blob/v2.8.1/prog/weave-kube/launch.sh; prog/weave-npc/launch.sh up to v2.9.0",
      note: "the same, where the image's own links are legacy and nft is the backend that it sets"
    },
    {
      version: "v2",
      all: ["nft_kubelet_rules"],
      linksIn: '"(/[^"$]*)/(?:[$]\\{cmd\\}|iptables-[$]\\{mode\\})"',
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v2/iptables-wrapper-installer.sh",
      note: "kubelet's marker chains, then more rules, nft on a tie"
    },
    {
      version: "v1-kubelet-timeout",
      all: ["chains_created_by_kubelet", "-ge 10", "timeout 5"],
      linksIn: '"(/[^"$]*)/(?:[$]\\{cmd\\}|iptables-[$]\\{mode\\})"',
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/cd2c881/iptables-wrapper-installer.sh (its text for iptables 1.8.3)",
      note: "v1-timeout that looks for the kubelet's chains first"
    },
    {
      version: "v1-kubelet",
      all: ["chains_created_by_kubelet", "num_legacy_lines"],
      linksIn: '"(/[^"$]*)/(?:[$]\\{cmd\\}|iptables-[$]\\{mode\\})"',
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/cd2c881/iptables-wrapper-installer.sh",
      note: "without a tag, July 2021 to March 2022: v1 that looks for the kubelet's chains first"
    },
    {
      version: "v1-timeout",
      all: ["num_legacy_lines", "-ge 10", "timeout 5"],
      linksIn: '"(/[^"$]*)/(?:[$]\\{cmd\\}|iptables-[$]\\{mode\\})"',
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v1/iptables-wrapper-installer.sh (its text for iptables 1.8.3); https://github.com/spidernet-io/spiderpool carries it for later releases",
      note: "v1 that asks nft only when legacy has fewer than ten rules, and for five seconds at most"
    },
    {
      version: "v1",
      all: ["num_legacy_lines", "-ge"],
      linksIn: '"(/[^"$]*)/(?:[$]\\{cmd\\}|iptables-[$]\\{mode\\})"',
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v1/iptables-wrapper-installer.sh",
      note: "the backend with more rules, legacy on a tie"
    },
    {
      version: "v1-nft",
      all: ['"${num_legacy_lines}" -gt "${num_nft_lines}"'],
      linksIn: '"(/[^"$]*)/(?:[$]\\{cmd\\}|iptables-[$]\\{mode\\})"',
      source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/2a9e1a1/iptables-wrapper-installer.sh",
      note: "without a tag, the last step before v2: the backend with more rules, nft on a tie"
    }
  ],
  installer: {
    all: ["--no-sanity-check"],
    source: "https://github.com/kubernetes-sigs/iptables-wrappers/blob/v2/iptables-wrapper-installer.sh",
    note: "writes the wrapper; holds its text without being one"
  },
  hostExec: [
    { pattern: "\\bchroot\\s+\\S", line: "chroot /host iptables", source: "https://github.com/ovn-org/ovn-kubernetes/tree/master/dist/images" },
    {
      pattern: "\\bnsenter(?:\\s+(?:-[tSG]\\s+[^-\\s]\\S*|--(?:target|setuid|setgid)\\s+[^-\\s]\\S*|-\\S+))*?\\s+(?:-[a-zA-Z]*[mar]|--(?:mount|all|root)\\b)",
      line: "nsenter -t 1 -m iptables",
      source: "nsenter(1): only with the mount namespace or the root of another process it runs that one's files"
    }
  ],
  go: {
    module: "github.com/kubernetes-sigs/iptables-wrappers",
    linksIn: ["/usr/sbin", "/sbin"],
    generations: [
      { version: "v3", text: "creating %s symlink to %s" },
      { version: "go", text: "creating %s symlink for mode %s" }
    ],
    source: "https://github.com/kubernetes-sigs/iptables-wrappers: error texts of internal/iptables/alternatives.go at v3 and at commits 680003b, 5792812, c6b9b2d; seen in programs built from them"
  }
};

// src/toolchain/selector.ts
function tellSelector(context, started) {
  const { tree: tree2, survey, find: find3, directories } = context;
  const command = find3("iptables");
  const all = listWrappers(tree2, survey);
  const starting = all.find((wrapper) => wrapper.isEntrypoint && started.includes(wrapper.path));
  if (starting && command)
    return wrapperSelector(
      starting,
      setsWhatRuns(tree2, directories, starting, command) && setsEither(tree2, starting, find3),
      command
    );
  const wrappersThere = all.filter((wrapper) => !wrapper.isEntrypoint);
  const target = command?.target;
  const reached = wrappersThere.find((wrapper) => wrapper.path === target?.path);
  if (reached) {
    const loops = replacesOthers(tree2, reached, command);
    return { ...wrapperSelector(reached, true, command), ...loops !== void 0 && { loops } };
  }
  const [idle] = wrappersThere;
  if (idle) return wrapperSelector(idle, false, command);
  if (!command) return void 0;
  const source = target ? evidence("", target.path, target.node).source : command.via.at(-1) ?? "";
  const chain = { fact: `iptables is ${command.via.join(" -> ")}${command.dangling ? " (missing)" : ""}`, source };
  const path = command.via[0] ?? "";
  if (target && contentOf(target.node)?.kind === "script")
    return { kind: "script", version: null, effective: true, path: target.path, evidence: [chain] };
  if (command.via.some((step) => step.startsWith("/etc/alternatives/")))
    return { kind: "alternatives", version: null, effective: target !== void 0, path, evidence: [chain] };
  if (tree2.lookup(path)?.type === "symlink")
    return { kind: "symlink", version: null, effective: target !== void 0, path, evidence: [chain] };
  return void 0;
}
function setsWhatRuns(tree2, directories, { linksIn }, command) {
  const first = command.via[0];
  if (linksIn === void 0 || first === void 0) return true;
  const placeOf = (folder) => directories.findIndex((directory) => realPath(tree2, directory) === realPath(tree2, folder));
  const place2 = placeOf(linksIn);
  return place2 >= 0 && place2 <= placeOf(dirname5(first));
}
function replacesOthers(tree2, { linksIn }, command) {
  if (linksIn === void 0 || command === void 0) return void 0;
  const isReplaced = (step) => step.startsWith("/etc/alternatives/") || realPath(tree2, dirname5(step)) === realPath(tree2, linksIn);
  const links = command.via.filter((_, i) => i === 0 || i < command.via.length - 1);
  return links.some(isReplaced) ? void 0 : linksIn;
}
function realPath(tree2, path) {
  const resolved = tree2.resolve(path);
  return resolved.found ? resolved.path : path;
}
function setsEither(tree2, { setsOnly }, find3) {
  return setsOnly === void 0 || tellCommand("iptables", find3, tree2).command.backend !== setsOnly;
}
function wrapperSelector(wrapper, effective, command) {
  const chain = command ? `iptables is ${command.via.join(" -> ")}` : "there is no iptables in PATH";
  return {
    kind: "iptables-wrapper",
    version: wrapper.version,
    effective,
    path: wrapper.path,
    evidence: [...wrapper.evidence, { fact: chain, source: command?.via[0] ?? "PATH of the image" }]
  };
}
function listWrappers(tree2, survey) {
  const scripts = survey.scripts.flatMap(({ path, node, content }) => {
    const { wrapper } = content.script;
    if (!wrapper) return [];
    const fact = `a ${wrapper.isEntrypoint ? "start " : ""}script with ${wrapper.text}: iptables-wrapper ${wrapper.version}`;
    const { text: _, sets: __, ...told } = wrapper;
    return [{ path, ...told, evidence: [evidence(fact, path, node)] }];
  });
  const folders = wrappers_default.go.linksIn;
  const linksIn = folders.find((folder) => tree2.resolve(`${folder}/iptables`).found) ?? folders[0];
  const programs = survey.binaries.flatMap(({ path, node, content }) => {
    if (content.wrapper === void 0) return [];
    const revision = content.go?.revision === void 0 ? "" : `, commit ${content.go.revision}`;
    const fact = `a Go program of module ${wrappers_default.go.module}${revision}: iptables-wrapper ${content.wrapper}`;
    const told = { path, version: content.wrapper, isEntrypoint: false, evidence: [evidence(fact, path, node)] };
    return [linksIn === void 0 ? told : { ...told, linksIn }];
  });
  return [...scripts, ...programs];
}
function commandsSet(selector, survey) {
  const script = survey.scripts.find(({ path }) => path === selector?.path)?.content.script.wrapper;
  if (selector?.effective !== true || script?.isEntrypoint !== true) return () => false;
  return (name) => /^ip6?tables/.test(name) && (script.sets === void 0 || script.sets.includes(name));
}

// src/toolchain/start-backend.ts
import { dirname as dirname7 } from "node:path/posix";

// src/toolchain/alternatives.ts
var FOLDERS = ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"];
function isAlternatives(path) {
  return /\/var\/lib\/(?:dpkg\/)?alternatives\/ip6?tables$/.test(`/${path.replace(/^\/+/, "")}`);
}
function readAlternatives(tree2, name) {
  const text = FOLDERS.map((folder) => textAt(tree2, `${folder}/${name}`)).find((found) => found !== void 0);
  if (text === void 0) return void 0;
  const noted = [...text.matchAll(/^(\/\S+)\n(?:@.*@)?(-?\d{1,9})$/gm)];
  const priorities = new Map(noted.map(([, path = "", priority]) => [path, Number(priority)]));
  return { isAuto: text.startsWith("auto\n"), priorities };
}
function bestAlternative({ priorities }) {
  return [...priorities].sort(([, one], [, other]) => other - one)[0]?.[0];
}

// src/toolchain/backend-names.ts
function backendOf(name) {
  return /(?:^|[/=-])(?:ip6?|x)tables-(nft|legacy)(?:-|$)/.exec(name)?.[1];
}
function isHarmless(backend, probes = []) {
  if (backend === void 0) return false;
  return probes.some(({ words: [name = "", ...args], hasWorked }) => {
    if (!/(?:^|\/)(?:ip6?tables(?:-(?:nft|legacy))?(?:-save)?|xtables-(?:nft|legacy)-multi)$/.test(name)) return false;
    if (args.some((word) => /^(?:-V|--version|-h|--help)$/.test(word))) return false;
    return hasWorked ? backendOf(name) === backend : backendOf(name) !== backend;
  });
}

// src/toolchain/backend-uses.ts
import { basename as basename9, dirname as dirname6 } from "node:path/posix";

// src/toolchain/host-exec.ts
var HOST_EXEC = wrappers_default.hostExec.map((entry) => new RegExp(entry.pattern));
var MAX_QUOTED_LINE = 200;
function leavesContainer(line) {
  return HOST_EXEC.some((pattern) => pattern.test(line)) ? line.trim().slice(0, MAX_QUOTED_LINE) : void 0;
}

// src/toolchain/shell-tokens.ts
var OPERATOR = /;;&|;;|;&|&&|\|\||\|&|[;&|()\n]/y;
var REDIRECTION = /(?:\d+|\{\w+\})?(?:<<<|<<-?|&>>?|[<>]&|<>|>>|>\||[<>])(?!\()/y;
var BLANK = /(?:[ \t\r]|\\\r?\n)+/y;
var PLAIN = /[^\s"'\\`$;&|()<>=#]+/y;
function createTokenizer(text) {
  let at = 0;
  let documents = [];
  const match2 = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== void 0) at += found.length;
    return found;
  };
  const skipDocuments = () => {
    for (const { end, isTabbed } of documents) at = endOfDocument(text, at, end, isTabbed);
    documents = [];
  };
  const readWord = () => {
    const read = readWordAt(text, at);
    at = read.next;
    return read.word;
  };
  return () => {
    for (; ; ) {
      match2(BLANK);
      if (at >= text.length) return { kind: "end" };
      if (text[at] === "#") {
        const end = text.indexOf("\n", at);
        at = end < 0 ? text.length : end;
        continue;
      }
      const redirection = match2(REDIRECTION);
      if (redirection !== void 0) {
        match2(BLANK);
        const { text: word } = readWord();
        if (/<<-?$/.test(redirection)) documents.push({ end: word, isTabbed: redirection.endsWith("-") });
        continue;
      }
      const operator = match2(OPERATOR);
      if (operator === void 0) return readWord();
      if (operator === "\n") skipDocuments();
      return { kind: "operator", text: operator };
    }
  };
}
function endOfDocument(text, start, end, isTabbed) {
  for (let at = start; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const line = text.slice(at, newline < 0 ? void 0 : newline).replace(/\r$/, "");
    at = newline < 0 ? text.length : newline + 1;
    if ((isTabbed ? line.replace(/^\t+/, "") : line) === end) return at;
  }
  return text.length;
}
function readWordAt(text, start) {
  const word = { kind: "word", text: "", isQuoted: false, inner: [] };
  let at = start;
  const take = (next, shown) => {
    word.text += shown;
    at = next;
  };
  while (at < text.length) {
    PLAIN.lastIndex = at;
    const plain = PLAIN.exec(text)?.[0];
    if (plain !== void 0) {
      take(at + plain.length, plain);
      continue;
    }
    const char = text[at];
    if (char === "'") {
      const end = closing(text, "'", at + 1);
      word.isQuoted = true;
      take(end + 1, text.slice(at + 1, end));
    } else if (char === '"') {
      word.isQuoted = true;
      at = readQuoted(text, at + 1, word);
    } else if (char === "\\") take(at + 2, text[at + 1] === "\n" ? "" : text[at + 1] ?? "");
    else if (char === "$" || char === "`") at = readExpansion(text, at, word);
    else if ((char === "<" || char === ">") && text[at + 1] === "(") at = takeInner(text, at + 1, word);
    else if (char === "=" && text[at + 1] === "(") take(balanced(text, at + 1), "=()");
    else if (char === "=" || char === "#" || at === start) take(at + 1, char);
    else break;
  }
  return { word, next: at };
}
function readQuoted(text, start, word) {
  let at = start;
  while (at < text.length && text[at] !== '"') {
    const char = text[at];
    if (char === "$" || char === "`") at = readExpansion(text, at, word);
    else if (char === "\\") {
      word.text += text[at + 1] === "\n" ? "" : text[at + 1] ?? "";
      at += 2;
    } else {
      const rest = /[^"$`\\]+/y;
      rest.lastIndex = at;
      const plain = rest.exec(text)?.[0] ?? char;
      word.text += plain;
      at += plain.length;
    }
  }
  return at + 1;
}
function readExpansion(text, at, word) {
  if (text[at] === "`") {
    const end = closing(text, "`", at + 1);
    addInner(word, text.slice(at + 1, end));
    return end + 1;
  }
  if (text.startsWith("$((", at)) {
    word.text += "$(())";
    return balanced(text, at + 1);
  }
  if (text[at + 1] === "(") return takeInner(text, at + 1, word);
  if (text[at + 1] === "{") {
    const end = closing(text, "}", at + 2);
    word.text += text.slice(at, end + 1);
    return end + 1;
  }
  word.text += "$";
  return at + 1;
}
function takeInner(text, open4, word) {
  const end = balanced(text, open4);
  addInner(word, text.slice(open4 + 1, end - 1));
  return end;
}
function addInner(word, text) {
  const named = /^\s*(?:which|command -v|type -p)\s+["']?([\w./-]+)["']?\s*(?:2>\s*\S+\s*)?$/.exec(text)?.[1];
  if (named === void 0) word.inner.push(text);
  word.text += named ?? "$()";
}
function closing(text, char, from) {
  const end = text.indexOf(char, from);
  return end < 0 ? text.length : end;
}
function balanced(text, open4) {
  const pattern = /"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[()]/gs;
  pattern.lastIndex = open4;
  let depth = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    if (found[0] === "(") depth++;
    else if (found[0] === ")" && --depth === 0) return pattern.lastIndex;
  }
  return text.length;
}

// src/toolchain/shell-script.ts
function weakest(one, other) {
  if (one === "possible" || other === "possible") return "possible";
  return one === "tolerated" ? one : other;
}
var MAX_COMMANDS2 = 6e3;
var MAX_WORDS = 64;
var MAX_DEPTH2 = 3;
var MAX_LOOP_WORDS = 16;
var MAX_LOOPS = 8;
var MAX_PROBES = 4;
var MAX_WORD = 1e3;
var STEPS = /^(?:(?:.*\/)?(?:(?:update-)?alternatives|ln|cp|mv|rm|mkdir|touch|chmod|chown|sysctl|modprobe|sleep|ip6?tables\S*|xtables-\S+)|echo|printf|cd|export|set|true|:)$/;
var ENDS = /^(?:exit|return|false|die|fail|fatal|abort|panic|kill)$/;
function readCommands(text) {
  const out = [];
  walk(text, out, "sure", 0);
  return out;
}
function walk(text, out, certainty, depth) {
  const next = createTokenizer(text);
  const guard = { isGuarded: false };
  const state = {
    out,
    frames: [],
    open: /* @__PURE__ */ new Map(),
    certainty,
    inside: void 0,
    guard,
    place: "command",
    words: [],
    isOver: false,
    depth
  };
  for (let token = next(); token.kind !== "end" && out.length < MAX_COMMANDS2; token = next()) {
    if (token.kind === "operator") takeOperator(state, token.text);
    else takeWord(state, token);
  }
  endCommand(state);
}
function takeOperator(state, operator) {
  const { place: place2, words } = state;
  if (place2 === "test" || place2 === "case-word" || place2 === "function-name") return;
  if (place2 === "pattern") {
    if (operator === ")") state.place = "command";
    return;
  }
  if (place2 === "loop-head") {
    if (operator !== "(" && operator !== ")") takeLoopWords(state);
    return;
  }
  if (operator === "(" && words.length === 1 && state.defines === void 0 && words[0]?.isQuoted === false) {
    state.defines = words[0].text;
    state.words = [];
    return;
  }
  if (operator === ")" && state.defines !== void 0 && words.length === 0) return;
  endCommand(state);
  if (operator === "(") open3(state, "subshell");
  else if (operator === ")") close(state, "subshell");
  else if (operator === ";;" || operator === ";&" || operator === ";;&") {
    state.place = "pattern";
    state.guard = { isGuarded: false };
  } else separate(state, operator);
}
function separate(state, operator) {
  const { isGuarded, previous } = state.guard;
  const before = previous === void 0 ? {} : { previous };
  if (operator === "&&") {
    const isStep = previous !== void 0 && STEPS.test(previous.words[0] ?? "");
    state.guard = { isGuarded: isGuarded || !isStep, ...before, isAnd: true };
  } else if (operator === "||") state.guard = { isGuarded: true, ...before, isOr: true };
  else if (operator !== "|" && operator !== "|&") state.guard = { isGuarded: false };
}
function takeWord(state, word) {
  const bare = word.isQuoted ? "" : word.text;
  switch (state.place) {
    case "pattern":
      if (bare === "esac") {
        state.place = "command";
        close(state, "case");
      }
      return;
    case "case-word":
      if (bare === "in") state.place = "pattern";
      return;
    case "function-name":
      state.defines = word.text;
      state.place = "command";
      return;
    case "test":
      state.words.push(word);
      if (bare === "]]") state.place = "command";
      return;
    case "loop-head":
      if (bare === "do") takeLoopWords(state);
      else state.words.push(word);
      return;
    default:
      if (state.words.length > 0 || !takeReserved(state, bare)) state.words.push(word);
      if (state.words.length === 1 && bare === "[[") state.place = "test";
  }
}
function takeReserved(state, word) {
  switch (word) {
    case "if":
      open3(state, "if");
      setBranch(state, "condition");
      return true;
    case "while":
    case "until":
      open3(state, "loop");
      return true;
    case "for":
    case "select":
      open3(state, "loop");
      state.place = "loop-head";
      return true;
    case "case":
      open3(state, "case");
      state.place = "case-word";
      return true;
    case "then":
    case "elif":
    case "else":
      setBranch(state, word === "elif" ? "condition" : word);
      state.guard = { isGuarded: false };
      return true;
    case "do":
      state.guard = { isGuarded: false };
      return true;
    case "fi":
      close(state, "if");
      return true;
    case "done":
      close(state, "loop");
      return true;
    case "esac":
      close(state, "case");
      return true;
    case "{":
      open3(state, "group");
      return true;
    case "}":
      close(state, "group");
      return true;
    case "function":
      state.place = "function-name";
      return true;
    case "!":
      state.guard = { isGuarded: true, isNot: true };
      return true;
    default:
      return word === "time";
  }
}
function setBranch({ frames }, branch) {
  const frame = frames.at(-1);
  if (frame?.kind !== "if") return;
  const asks = branch === "condition" ? void 0 : frame.asks;
  frame.asks = { commands: asks?.commands ?? [], hasOr: asks?.hasOr ?? false, branch };
}
function probesOf({ frames, guard }) {
  const tried = frames.slice(-MAX_PROBES).flatMap(({ asks }) => {
    if (asks === void 0 || asks.branch === "condition" || asks.hasOr) return [];
    if (asks.branch === "then") return asks.commands.map(({ words, isNot }) => ({ words, hasWorked: isNot !== true }));
    const [only, ...others] = asks.commands;
    return only === void 0 || others.length > 0 ? [] : [{ words: only.words, hasWorked: only.isNot === true }];
  });
  const { previous, isAnd, isOr } = guard;
  return previous === void 0 || isAnd !== true && isOr !== true ? tried : [...tried, { words: previous.words, hasWorked: isOr !== true !== (previous.isNot === true) }];
}
function open3(state, kind) {
  const { certainty, inside, guard, defines } = state;
  if (defines !== void 0 && (kind === "group" || kind === "subshell")) {
    push(state, { kind: "function", certainty, inside, guard });
    state.inside = defines;
    state.certainty = "sure";
    state.guard = { isGuarded: false };
    state.defines = void 0;
  }
  push(state, { kind, certainty: state.certainty, inside: state.inside, guard: state.guard });
  if (state.guard.isGuarded || kind === "if" || kind === "case" || kind === "loop") state.certainty = "possible";
  state.guard = { isGuarded: false };
}
function push({ frames, open: open4 }, frame) {
  frames.push(frame);
  open4.set(frame.kind, (open4.get(frame.kind) ?? 0) + 1);
}
function close(state, kind) {
  if ((state.open.get(kind) ?? 0) === 0) return;
  const at = state.frames.findLastIndex((frame2) => frame2.kind === kind);
  endCommand(state);
  const isBody = state.frames[at - 1]?.kind === "function";
  const start = isBody ? at - 1 : at;
  const frame = state.frames[start];
  for (const { kind: ended } of state.frames.splice(start)) state.open.set(ended, (state.open.get(ended) ?? 1) - 1);
  ({ certainty: state.certainty, inside: state.inside } = frame);
  state.guard = { isGuarded: frame.guard.isGuarded };
}
function takeLoopWords(state) {
  const [name = "", keyword, ...values] = state.words.map(({ text }) => text);
  const frame = state.frames.at(-1);
  state.words = [];
  state.place = "command";
  const isKnown = values.length > 0 && values.length <= MAX_LOOP_WORDS && !values.some((value) => /[$`*?[{]/.test(value));
  if (frame === void 0 || keyword !== "in" || !isKnown || !/^\w+$/.test(name)) return;
  frame.loop = { name, values };
  if (!frame.guard.isGuarded) state.certainty = frame.certainty;
}
function endCommand(state) {
  const { words, guard, inside, depth } = state;
  state.words = [];
  state.place = "command";
  if (words.length === 0 || state.isOver) return;
  const certainty = guard.isGuarded ? "possible" : state.certainty;
  if (depth < MAX_DEPTH2)
    for (const text of words.flatMap(({ inner }) => inner)) walk(text, state.out, "possible", depth + 1);
  const probes = probesOf(state).slice(-MAX_PROBES);
  const own2 = { certainty, ...inside !== void 0 && { inside }, ...probes.length > 0 && { probes } };
  const texts = words.slice(0, MAX_WORDS).map(({ text }) => text.slice(0, MAX_WORD));
  const first = texts.findIndex((text) => !/^\w+\+?=/.test(text));
  const isDeclaration = /^(?:export|local|readonly|declare|typeset)$/.test(texts[first] ?? "");
  if (first < 0 || isDeclaration) {
    for (const text of texts) if (/^\w+=/.test(text)) state.out.push({ words: [], assigns: text, ...own2 });
  }
  if (first < 0) return;
  const command = { words: texts.slice(first), ...own2, ...guard.isNot && { isNot: true } };
  const asks = state.frames.at(-1)?.asks;
  if (asks?.branch === "condition") {
    asks.commands.push(command);
    asks.hasOr ||= guard.isOr === true;
  }
  if (guard.isOr === true) settle(guard.previous, command);
  state.guard = { isGuarded: guard.isGuarded, previous: command };
  state.out.push(...expandLoops(command, state.frames));
  state.isOver = depth === 0 && isLast(command);
}
function isLast({ words: [name, ...others], certainty, inside }) {
  return certainty === "sure" && inside === void 0 && (name === "exit" || name === "exec" && others.length > 0);
}
function settle(before, behind) {
  if (before === void 0) return;
  const isCheck = before.words.includes("-C") || before.words.includes("--check");
  if (isCheck && before.words[0] === behind.words[0]) behind.certainty = before.certainty;
  else if (before.certainty === "sure" && !ENDS.test(behind.words[0] ?? "")) before.certainty = "tolerated";
}
function expandLoops(command, frames) {
  let commands = [command];
  const loops = frames.flatMap(({ loop }) => loop === void 0 ? [] : [loop]).slice(-MAX_LOOPS);
  for (const loop of loops) {
    if (commands.length * loop.values.length > MAX_LOOP_WORDS) continue;
    const pattern = new RegExp(`\\$(?:${loop.name}(?!\\w)|\\{${loop.name}\\})`, "g");
    if (!command.words.some((word) => word.search(pattern) >= 0)) continue;
    commands = loop.values.flatMap(
      (value) => commands.map((one) => ({ ...one, words: one.words.map((word) => word.replace(pattern, () => value)) }))
    );
  }
  return commands;
}

// src/toolchain/shell-calls.ts
var MAX_COMMANDS3 = 4e3;
var MAX_CALLS = 4;
var MAX_VALUES2 = 6;
var MAX_VARIABLES = 4;
var MAX_WORD2 = 1e3;
var MAX_STEPS = 12e3;
var MAX_WORDS2 = 64;
function followCalls(commands, hasValues = true) {
  const functions = Map.groupBy(
    commands.filter(({ inside }) => inside !== void 0),
    ({ inside }) => inside ?? ""
  );
  const run2 = { out: [], functions, variables: hasValues ? /* @__PURE__ */ new Map() : void 0, steps: 0 };
  for (const command of commands) if (command.inside === void 0) follow(run2, command, "sure", void 0, 0);
  return run2.out;
}
function follow(run2, command, outer, args, depth) {
  if (run2.out.length >= MAX_COMMANDS3 || run2.steps++ >= MAX_STEPS) return;
  const certainty = weakest(command.certainty, outer);
  if (command.assigns === void 0 && isIdle2(command.words)) return;
  const given2 = args === void 0 ? command.words : command.words.flatMap((word) => withArguments(word, args)).slice(0, MAX_WORDS2);
  if (command.assigns !== void 0) {
    if (run2.variables === void 0) return;
    const [assigned = command.assigns] = args === void 0 ? [] : withArguments(command.assigns, args);
    if (!isHarmless(backendOf(assigned), command.probes)) assign(run2.variables, assigned, certainty);
    return;
  }
  for (const { words, isSure } of resolve2(given2, run2.variables)) {
    const own2 = isSure ? certainty : "possible";
    const body = depth < MAX_CALLS ? run2.functions.get(words[0] ?? "") : void 0;
    const probes = command.probes === void 0 ? {} : { probes: command.probes };
    if (body === void 0) run2.out.push({ words, certainty: own2, ...probes });
    else
      for (const inner of body)
        follow(run2, { ...inner, ...joined(command.probes, inner.probes) }, own2, words.slice(1), depth + 1);
  }
}
function joined(outer, own2) {
  return outer === void 0 && own2 === void 0 ? {} : { probes: [...outer ?? [], ...own2 ?? []] };
}
var IDLE = /^(?:\[\[?|test|true|false|:|echo|printf|cat|[ef]?grep|sed|awk|cut|tr|head|tail|wc|sort|uniq|ls|rm|mkdir|rmdir|touch|chmod|chown|shift|exit|return|break|continue|read|local|export|unset|trap|wait|kill|sleep|sysctl|modprobe|lsmod|mount|umount|id|whoami|date|hostname|uname|getopts|type|which|hash|let|pwd|umask|ulimit|tee|basename|dirname|readlink|realpath|stat|seq|expr)$/;
function isIdle2([name = ""]) {
  return IDLE.test(name);
}
function withArguments(word, args) {
  if (/^\$(?:[@*]|\{[@*]\})$/.test(word)) return [...args];
  return [word.replace(/\$(?:([1-9])|\{([1-9])\})/g, (_, one, other) => args[Number(one ?? other) - 1] ?? "")];
}
function assign(variables, text, certainty) {
  const at = text.indexOf("=");
  const name = text.slice(0, at);
  const known = variables.get(name);
  const told = resolve2([text.slice(at + 1)], variables);
  const values = told.map(({ words: [value = ""] }) => value);
  const isSure = told.every((one) => one.isSure);
  if (certainty !== "possible") variables.set(name, { values, isSure });
  else {
    const all = [.../* @__PURE__ */ new Set([...known?.values ?? [], ...values])].slice(0, MAX_VALUES2);
    variables.set(name, { values: all, isSure: isSure && known?.isSure === true });
  }
}
var VARIABLE = /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?[-=]([^{}$]*))?\})/;
function resolve2(words, variables) {
  if (variables === void 0 || !words.some((word) => word.includes("$")))
    return [{ words: [...words], isSure: true }];
  let told = [{ words: [...words], isSure: true }];
  for (const [at, word] of words.entries()) {
    if (!word.includes("$")) continue;
    const next = told.flatMap(
      (one) => valuesOfWord(word, variables).map(({ value, isSure }) => ({
        words: one.words.with(at, value),
        isSure: one.isSure && isSure
      }))
    );
    if (next.length <= MAX_VALUES2) told = next;
  }
  return told.map(({ words: [first = "", ...others], isSure }) => ({
    words: words.length > 1 ? [...first.split(/\s+/), ...others] : [first, ...others],
    isSure
  }));
}
function valuesOfWord(word, variables) {
  let told = [{ value: word, from: 0, isSure: true }];
  for (let count = 0; count < MAX_VARIABLES; count++) {
    const next = told.flatMap((one) => {
      const found = VARIABLE.exec(one.value.slice(one.from));
      if (found === null) return [one];
      const start = one.from + found.index;
      const known = valuesOf2(found, variables) ?? { values: [found[0]], isSure: one.isSure };
      const isOne = known.values.length === 1 && known.isSure;
      return known.values.map((value) => ({
        value: (one.value.slice(0, start) + value + one.value.slice(start + found[0].length)).slice(0, MAX_WORD2),
        from: start + value.length,
        isSure: one.isSure && isOne
      }));
    });
    if (next.length > MAX_VALUES2) break;
    told = next;
  }
  return told;
}
function valuesOf2([, plain, braced, fallback], variables) {
  const known = variables.get(plain ?? braced ?? "");
  if (known !== void 0) return known;
  return fallback === void 0 ? void 0 : { values: [fallback], isSure: false };
}

// src/toolchain/start-command.ts
import { basename as basename8 } from "node:path/posix";

// src/toolchain/shell-line.ts
var MAX_VALUE = 1e3;
var MAX_TOKENS = 64;
var OPENING2 = /^(?:\s*(?:[({!]|then\s|else\s|do\s|[^\s()'"=]*\)))*/;
function readShellLine(line, isProgram2) {
  const parts = splitCommands(line);
  const isPlain = !/(?:^|[\s;&|])(?:if|case|for|while|until)\s|\|\|/.test(line) && (isProgram2 || !/^\s/.test(line));
  return parts.map(({ text, isGuarded }, index) => {
    const opening = OPENING2.exec(text)?.[0] ?? "";
    const { value, runs } = readSimple(tokensOf(text.slice(opening.length)), isProgram2 && index === parts.length - 1);
    const isReached = !isGuarded || isProgram2 && runs.length > 0;
    const isSure = isPlain && opening.trim() === "" && isReached;
    return { ...value !== void 0 && { path: { value, isSure } }, runs, isSure };
  });
}
function splitCommands(line) {
  const parts = [];
  let begin = 0;
  let isGuarded = false;
  for (const { index, 0: found } of line.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|(?<=^|\s)#[^\n]*|&&|\|\||[;&|\n]/gs)) {
    if (/^["'\\]/.test(found)) continue;
    const end = index;
    parts.push({ text: line.slice(begin, end), isGuarded });
    begin = end + found.length;
    isGuarded = found === "&&" || found === "||";
  }
  return [...parts, { text: line.slice(begin), isGuarded }].filter(isCommand);
}
function isCommand({ text }) {
  return /\S/.test(text);
}
function tokensOf(text) {
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/gs) ?? []).slice(0, MAX_TOKENS);
}
function readSimple(tokens, isLast2) {
  const isExport = tokens[0] === "export";
  let at = isExport ? 1 : 0;
  let value;
  for (; /^\w+=/.test(tokens[at] ?? ""); at++) value = pathValueOf(tokens[at] ?? "") ?? value;
  const isExec = tokens[at] === "exec";
  if (isExec) {
    while (/^-/.test(tokens[++at] ?? "")) if (tokens[at] === "-a") at++;
  }
  const word = tokens[at];
  const own2 = value === void 0 || value.length > MAX_VALUE ? {} : { value: unquote(value) };
  if (word === void 0 || isExport || word === "export") return { ...own2, runs: [] };
  return isExec || isLast2 ? { ...own2, runs: tokens.slice(at).map(unquote) } : { runs: [] };
}
function pathValueOf(word) {
  return word.startsWith("PATH=") ? word.slice("PATH=".length) : void 0;
}
function unquote(text) {
  return text.replace(/["']/g, "");
}

// src/toolchain/start-command.ts
var MAX_WORDS3 = 64;
var MAX_TEXT = 16 * 1024;
var MAX_DEPTH3 = 3;
function readStartCommand(all, depth = 0) {
  const words = splitEnvString(all.slice(0, MAX_WORDS3));
  const paths = [];
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    const name = basename8(word);
    const behind = behindStarter(words, at);
    if (name === "env") {
      const env = readEnv(words, at + 1, depth === 0);
      if (env.path) paths.push(env.path);
      at = env.next;
    } else if (isShell(name)) {
      const shell = readShell(words, at + 1, depth + 1);
      return { paths: [...paths, ...shell.paths], words: [...words.slice(0, at + 1), ...shell.words] };
    } else if (behind !== void 0) at = behind;
    else break;
  }
  return { paths, words };
}
function splitEnvString(all) {
  const env = all.findIndex((word) => basename8(word) === "env");
  if (env < 0) return [...all];
  const words = all.slice(env);
  const split = words.flatMap((word, index) => {
    if (word === "-S" || word === "--split-string") return [];
    const inside = /^(?:-S|--split-string=)(.+)$/s.exec(word)?.[1];
    const before = words[index - 1];
    const text = before === "-S" || before === "--split-string" ? word : inside;
    return text === void 0 ? [word] : text.split(/\s+/).filter((part) => part !== "");
  });
  return [...all.slice(0, env), ...split];
}
function programWords(all) {
  const words = splitEnvString(all.slice(0, MAX_WORDS3));
  let at = 0;
  for (; ; ) {
    const word = words[at] ?? "";
    const behind = basename8(word) === "env" ? readEnv(words, at + 1, false).next : behindStarter(words, at);
    if (behind === void 0 || behind <= at) return words.slice(at);
    at = behind;
    while (/^\w+=/.test(words[at] ?? "")) at++;
  }
}
function readShell(words, first, depth) {
  let at = first;
  let hasText = false;
  let isLogin = false;
  for (; /^[-+]./.test(words[at] ?? ""); at++) {
    const word = words[at] ?? "";
    if (word === "--login" || /^-[a-z]*l/.test(word)) isLogin = true;
    if (/^-[a-z]*c/.test(word)) hasText = true;
    if (/^[-+][a-z]*o$/.test(word)) at++;
  }
  const paths = isLogin ? [{ value: "what /etc/profile says", isSure: true, opaque: "login" }] : [];
  const text = words[at];
  if (!hasText || text === void 0 || depth > MAX_DEPTH3) return { paths, words: words.slice(at) };
  const inner = readShellText(text.slice(0, MAX_TEXT), true, depth);
  return { paths: [...paths, ...inner.paths], words: inner.words };
}
function readShellText(text, isProgram2, depth = 1) {
  const read = readShellLine(text, isProgram2).map(({ path, runs, isSure }) => {
    const started = readStartCommand(runs, depth);
    const paths = started.paths.map((one) => ({ ...one, isSure: one.isSure && isSure }));
    return { paths: path === void 0 ? paths : [path, ...paths], words: started.words };
  });
  return { paths: read.flatMap(({ paths }) => paths), words: read.flatMap(({ words }) => words) };
}
function readEnv(words, at, isLiteral) {
  let next = at;
  let isCleared = false;
  let value;
  for (; next < words.length; next++) {
    const word = words[next] ?? "";
    if (/^\w+=/.test(word)) value = pathValueOf(word) ?? value;
    else if (/^(?:-u|--unset)$/.test(word)) isCleared ||= words[++next] === "PATH";
    else if (/^(?:-u|--unset=)PATH$/.test(word)) isCleared = true;
    else if (/^(?:-C|--chdir)$/.test(word)) next++;
    else if (/^(?:-|-[a-zA-Z0-9]*i[a-zA-Z0-9]*|--ignore-environment)$/.test(word)) isCleared = true;
    else if (!word.startsWith("-")) break;
  }
  if (value !== void 0) return { path: { value, isSure: true, ...isLiteral && { isLiteral } }, next };
  return isCleared ? { path: { value: "nothing at all", isSure: true, opaque: "cleared" }, next } : { next };
}

// src/toolchain/backend-uses.ts
var MAX_USES = 48;
var MAX_CALLS2 = 24;
var MAX_LINE = 200;
var MAX_CALL_WORDS = 12;
var MAX_TEXTS = 3;
var COMMANDS2 = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);
var NAMED = /^ip6?tables-(?:legacy|nft)(?:-save|-restore)?$/;
var MULTI = /^xtables-(legacy|nft)-multi$/;
var USUAL2 = /^(?:cd|set|ip|tc|ss|find|xargs|command|apk|apt-get|yum|dnf|curl|wget|env)$/;
function readBackendUses(text) {
  const isAbout = /tables|alternatives/.test(text);
  const uses = usesOf(followCalls(readCommands(text), isAbout), /^#!.*\s-\w*e/.test(text), 0);
  const calls = uses.filter(({ kind }) => kind === "call").slice(MAX_CALLS2);
  return distinctRuns(uses.filter((use) => !calls.includes(use))).slice(0, MAX_USES);
}
function distinctRuns(uses) {
  const seen = /* @__PURE__ */ new Set();
  return uses.filter((use) => {
    if (use.kind !== "run") return true;
    const key = `${use.path} ${use.command} ${use.certainty}`;
    return !seen.has(key) && seen.add(key);
  });
}
function usesOfWords(words) {
  const isAlone = words.length > 0 && programWords(words).length === 1;
  const given2 = isAlone ? [...words, "$@"] : [...words];
  return usesOf([{ words: given2, certainty: "sure" }], false, 0);
}
function usesOf(commands, endsOnError, depth) {
  let isStrict = endsOnError;
  let isLenient = false;
  let folder;
  const surely = commands.filter((command) => command.certainty !== "possible");
  const runs = surely.flatMap(({ words }) => namedRun(words[0] ?? "", words.slice(1), true) ?? []);
  return commands.flatMap((command) => {
    const { words, certainty } = command;
    if (words[0] === "set" && certainty === "sure") {
      const next = setsErrexit(words);
      isLenient = next === false && isStrict;
      isStrict = next ?? isStrict;
    }
    if (words[0] === "cd") folder = certainty === "sure" && words[1]?.startsWith("/") === true ? words[1] : void 0;
    const uses = usesOfCommand(command, isStrict, folder, depth).filter((use) => !isTakenWhereItWorks(use, command));
    const said = isLenient ? uses.map(tolerate) : uses;
    return isStrict && certainty === "sure" ? said : said.filter((use) => !isOneOfBoth(use, words, runs));
  });
}
function tolerate(use) {
  return use.certainty === "sure" ? { ...use, certainty: "tolerated" } : use;
}
function isTakenWhereItWorks(use, { probes }) {
  if (use.kind === "call") return false;
  return isHarmless(backendOf((use.kind === "run" ? use.command : use.target) ?? ""), probes);
}
function isOneOfBoth(use, words, runs) {
  if (use.kind !== "run" || use.certainty === "possible") return false;
  const own2 = namedRun(words[0] ?? "", words.slice(1));
  const args = own2?.args.join(" ");
  const family = use.command.slice(0, 3);
  return runs.some(
    (run2) => run2.command !== use.command && run2.command.startsWith(family) && run2.args.join(" ") === args
  );
}
function setsErrexit(words) {
  const at = words.findIndex((word) => /^[-+]\w*e/.test(word) || word === "errexit");
  if (at < 0) return void 0;
  return (words[at] === "errexit" ? words[at - 1] : words[at])?.startsWith("-");
}
function usesOfCommand({ words: all, certainty }, isStrict, folder, depth) {
  const line = all.join(" ").slice(0, MAX_LINE);
  if (leavesContainer(line) !== void 0) return [];
  const words = programWords(all);
  const [path = "", ...args] = words;
  const name = basename9(path);
  const use = { certainty, line };
  const text = name === "eval" ? args.join(" ") : isShell(name) ? textOfShell(args) : void 0;
  if (text !== void 0) {
    if (depth >= MAX_TEXTS) return [];
    return usesOf(followCalls(readCommands(text)), isStrict, depth + 1).map(
      (one) => certainty === "sure" ? one : { ...one, certainty }
    );
  }
  if (/^(?:update-)?alternatives$/.test(name)) return alternative(args, path, use);
  if (/^(?:ln|cp|mv)$/.test(name)) return link(args, name !== "ln", folder, use);
  const run2 = namedRun(path, args);
  if (run2 !== void 0) {
    const need = needOf(run2.command, run2.args);
    return need === "change" || need === "removal" && isStrict && certainty === "sure" ? [{ kind: "run", command: run2.command, path, ...use }] : [];
  }
  return [...passedOn(args, use), ...call(words, use)];
}
function namedRun(path, args, orPlain = false) {
  const name = basename9(path);
  if (NAMED.test(name) || orPlain && COMMANDS2.includes(name)) return { command: name, args };
  const backend = MULTI.exec(name)?.[1];
  const applet = /^(ip6?tables)(-save|-restore)?$/.exec(args[0] ?? "");
  if (backend === void 0 || applet === null) return void 0;
  return { command: `${applet[1]}-${backend}${applet[2] ?? ""}`, args: args.slice(1) };
}
var CHANGES = /^(?:-[AINPRE][\w-]*|--(?:append|insert|new(?:-chain)?|policy|replace|rename-chain))$/;
var REMOVALS = /^(?:-[DFXZ][\w-]*|--(?:delete(?:-chain)?|flush|zero))$/;
function needOf(command, args) {
  if (command.endsWith("-save")) return "none";
  if (command.endsWith("-restore"))
    return args.some((word) => /^(?:-t|--test|-V|--version|-h|--help)$/.test(word)) ? "none" : "change";
  if (args.some((word) => CHANGES.test(word))) return "change";
  if (args.some((word) => REMOVALS.test(word))) return "removal";
  const isRead = args.some((word) => /^(?:-[LSCVh][\w-]*|--(?:list(?:-rules)?|check|version|help))$/.test(word));
  return !isRead && args.some((word) => word.startsWith("$")) ? "change" : "none";
}
function alternative(args, tool2, use) {
  const at = args.findIndex((word) => /^--(?:set|auto|install)$/.test(word));
  const own2 = args.slice(at + 1);
  const [name = "", target] = args[at] === "--install" ? own2.slice(1) : own2;
  if (at < 0 || !/^ip6?tables$/.test(name)) return [];
  const told = { kind: "alternative", tool: tool2, name, ...use };
  if (args[at] === "--auto" || target === void 0) return [told];
  return [{ ...told, target, ...args[at] === "--install" && { priority: Number(own2[3]) } }];
}
function link(args, isCopy, folder, use) {
  const operands = args.filter((word) => !word.startsWith("-"));
  const [source = "", written = `${folder ?? "$PWD"}/${basename9(source)}`] = operands;
  if (operands.length < 1 || operands.length > 2) return [];
  const whole = written.endsWith("/") ? `${written}${basename9(source)}` : written;
  const place2 = whole.startsWith("/") ? whole : `${folder ?? "$PWD"}/${whole}`;
  const isOpen = basename9(place2).includes("$");
  const isNamed = COMMANDS2.includes(basename9(place2));
  if (!isNamed && !(isOpen && backendOf(basename9(source)) !== void 0)) return [];
  const parent = dirname6(place2);
  const from = source.startsWith("/") ? source : `${isCopy ? folder ?? "$PWD" : parent}/${source}`;
  const isWhole = isNamed && !parent.includes("$");
  return [
    {
      kind: "link",
      ...isNamed && { name: basename9(place2) },
      ...!parent.includes("$") && { folder: parent },
      ...!/[$*?]/.test(from) && { target: from },
      isCopy,
      line: use.line,
      certainty: isWhole ? use.certainty : "possible"
    }
  ];
}
function passedOn(args, use) {
  const at = args.findIndex((word) => NAMED.test(basename9(word)));
  const path = args[at];
  const isUsual = USUAL2.test(basename9(use.line.split(" ", 1)[0] ?? ""));
  if (path === void 0 || isUsual || !args.slice(at + 1).some((word) => CHANGES.test(word))) return [];
  return [{ kind: "run", command: basename9(path), path, ...use, certainty: "possible" }];
}
function textOfShell(args) {
  const at = args.findIndex((word) => /^-[a-z]*c$/.test(word));
  return at >= 0 && args.slice(0, at).every((word) => word.startsWith("-")) ? args[at + 1] : void 0;
}
function call(words, use) {
  const [first = ""] = words;
  const isReader = first === "." || first === "source" || isShell(basename9(first));
  const script = isReader ? words.slice(1).filter((word, at) => at > 0 || !word.startsWith("-")) : words;
  const [path = ""] = script;
  const isOpen = path.includes("$") && !/^\$[@*1]$|^\$\{[@*1]\}$/.test(path);
  if (path === "" || path.startsWith("-") || isOpen || USUAL2.test(path)) return [];
  return [{ kind: "call", words: script.slice(0, MAX_CALL_WORDS), ...use }];
}

// src/toolchain/start-backend.ts
var MAX_STEPS2 = 64;
var MAX_SCRIPTS = 16;
var MAX_DEPTH4 = 4;
var MAX_RUNS = 16;
var ENTRYPOINT = "the image's entrypoint";
function followBackend(context, words) {
  const steps = collectSteps(context, words);
  return {
    settle: (name, told) => steps.reduce((now, step) => settleBy(context, name, now, step), told),
    runs: listRuns(context, steps)
  };
}
function collectSteps({ tree: tree2, find: find3 }, words) {
  const steps = [];
  const scripts = /* @__PURE__ */ new Set();
  const visit = (uses, by, args, outer, depth) => {
    for (const use of uses) {
      if (steps.length >= MAX_STEPS2) return;
      const certainty = weakest(use.certainty, outer);
      if (use.kind !== "call") steps.push({ use, by, certainty });
      else if (depth < MAX_DEPTH4) call2(use, by, args, certainty, depth);
    }
  };
  const call2 = ({ words: written }, by, args, certainty, depth) => {
    const called = written.flatMap((word) => withArguments2(word, args));
    if (isArguments(written[0] ?? "")) return visit(usesOfWords(called), by, [], certainty, depth + 1);
    const path = reach2(tree2, find3, called[0] ?? "");
    const content = path === void 0 ? void 0 : contentOf(tree2.lookup(path));
    if (path === void 0 || content?.kind !== "script" || content.script.wrapper) return;
    if (scripts.has(path) || scripts.size >= MAX_SCRIPTS) return;
    scripts.add(path);
    visit(readBackendUses(content.script.text ?? ""), path, called.slice(1), certainty, depth + 1);
  };
  visit(usesOfWords(words), ENTRYPOINT, [], "sure", 0);
  for (const path of servicesOf(tree2, words))
    call2({ kind: "call", words: [path], certainty: "sure", line: path }, ENTRYPOINT, [], "sure", 0);
  return steps;
}
var MAX_SERVICES = 64;
function servicesOf(tree2, words) {
  return serviceFolders(words).flatMap(
    (parent) => tree2.list(parent).slice(0, MAX_SERVICES).map((name) => `${parent}/${name}`)
  ).flatMap((path) => [path, `${path}/run`]);
}
function isArguments(word) {
  return /^\$(?:[@*1]|\{[@*1]\})$/.test(word);
}
function withArguments2(word, args) {
  if (/^\$(?:[@*]|\{[@*]\})$/.test(word)) return args;
  return /^\$(?:1|\{1\})$/.test(word) ? args.slice(0, 1) : [word];
}
function reach2(tree2, find3, word) {
  if (word === "" || word.includes("$")) return void 0;
  const hit = word.includes("/") ? followLink(tree2, word.startsWith("/") ? word : `/${word}`) : find3(word);
  return hit?.target?.path;
}
function listRuns({ tree: tree2, find: find3 }, steps) {
  const runs = steps.flatMap(({ use, by, certainty }) => {
    if (use.kind !== "run") return [];
    const run2 = toldRun(tree2, find3, use);
    return run2 === void 0 ? [] : [{ ...run2, certainty, by, line: use.line }];
  });
  const order2 = ["sure", "tolerated", "possible"];
  const sorted = runs.toSorted((a, b) => order2.indexOf(a.certainty) - order2.indexOf(b.certainty));
  const isFirst = (run2, at) => sorted.findIndex(({ command }) => command === run2.command) === at;
  return sorted.filter(isFirst).slice(0, MAX_RUNS);
}
function toldRun(tree2, find3, use) {
  const found = use.path.includes("/") ? followLink(tree2, use.path) : find3(use.path);
  if (found?.target === void 0) return void 0;
  const name = use.command.startsWith("ip6") ? "ip6tables" : "iptables";
  const { backend } = tellCommand(name, () => found, tree2).command;
  const told = backend === "nft" || backend === "legacy" ? backend : backendOf(use.command);
  return told && { command: use.command, name, backend: told };
}
function settleBy(context, name, now, { use, by, certainty }) {
  if (use.kind === "run" || !/^ip6?tables/.test(name)) return now;
  const next = use.kind === "link" ? byLink(context, name, now, use) : byAlternative(context, name, now, use);
  if (next === void 0) return now;
  const setBy = `${use.line} of ${by}`;
  if (next !== "unknown" && certainty !== "possible") {
    const told = tellCommand(name, () => next, context.tree);
    return { ...told, command: { ...told.command, setBy } };
  }
  const backend = next === "unknown" ? void 0 : tellCommand(name, () => next, context.tree).command.backend;
  if (backend === now.command.backend && backend !== "unknown") return now;
  if (backend === "none") return now;
  const reason = `${by} sets it by \`${use.line}\`, and ${certainty === "possible" ? "whether it does" : "to what"} is not known beforehand`;
  return { command: { backend: "unknown", via: now.command.via, setBy }, missing: { fact: `what ${name} is`, reason } };
}
function byLink(context, name, now, use) {
  const { tree: tree2, directories } = context;
  if (use.name !== void 0 && use.name !== name) return void 0;
  const named = backendOf(use.target ?? "");
  if (use.folder === void 0 || use.target === void 0)
    return named !== void 0 && named === now.command.backend ? void 0 : "unknown";
  const resolve3 = createPathResolver(tree2);
  const real = (folder) => dirname7(resolve3(inDirectory(folder, "x")));
  const place2 = directories.findIndex((directory) => real(directory) === real(use.folder ?? ""));
  const [first] = now.command.via;
  const before = first === void 0 ? -1 : directories.findIndex((directory) => real(directory) === real(dirname7(first)));
  const isReached = place2 >= 0 && (before < 0 || place2 <= before);
  if (!isReached) return void 0;
  const path = inDirectory(use.folder, name);
  const hit = followLink(tree2, use.target);
  if (hit?.target === void 0) return use.isCopy ? void 0 : { via: [path, use.target], dangling: true };
  return { ...hit, via: [path, ...hit.via] };
}
var LINK2 = "/etc/alternatives/";
function byAlternative(context, name, now, use) {
  const { tree: tree2, find: find3 } = context;
  const at = now.command.via.findIndex((step) => step.startsWith(LINK2));
  const suffix = suffixOf(tree2, name, use.name);
  if (suffix === void 0 || at < 0 || reach2(tree2, find3, use.tool) === void 0) return void 0;
  const chosen = chosenAlternative(use, readAlternatives(tree2, use.name));
  if (chosen === "unknown" || chosen === void 0) return chosen;
  const path = `${name.startsWith("ip6") ? chosen.replace(/\biptables(?=[^/]*$)/, "ip6tables") : chosen}${suffix}`;
  const hit = followLink(tree2, path);
  return hit?.target && { ...hit, via: [...now.command.via.slice(0, at + 1), ...hit.via] };
}
function suffixOf(tree2, name, tool2) {
  const [, own2, suffix = ""] = /^(ip6?tables)(-save|-restore)?$/.exec(name) ?? [];
  if (own2 === tool2) return suffix;
  const isOneGroup = ["/var/lib/alternatives/iptables"].some((path) => tree2.lookup(path) !== void 0);
  return own2 === "ip6tables" && isOneGroup && tree2.lookup("/var/lib/alternatives/ip6tables") === void 0 ? suffix : void 0;
}
function chosenAlternative(use, noted) {
  const { target, priority } = use;
  if (target?.includes("$")) return "unknown";
  if (priority !== void 0 && target !== void 0) {
    if (noted === void 0 || Number.isNaN(priority)) return "unknown";
    const isHighest = [...noted.priorities].every(([path, other]) => path === target || other < priority);
    return noted.isAuto && isHighest ? target : void 0;
  }
  if (target !== void 0) return target;
  return noted === void 0 ? "unknown" : bestAlternative(noted);
}

// src/toolchain/start-path.ts
import { dirname as dirname8 } from "node:path/posix";
function followPath(tree2, survey, directories, start) {
  let now = directories;
  let doubts = [];
  const moves = [];
  const follow2 = (setting, by, source) => {
    const { value, isSure, opaque } = setting;
    const next = evaluate(setting, now);
    if (next === void 0 || !isSure) {
      const find4 = next && createCommandFinder(tree2, next);
      doubts.push({ by, value, find: find4, directories: next ?? foldersIn(value), ...opaque && { kept: KEPT[opaque] } });
      return;
    }
    if (setting.isLiteral === true || !REFERENCE.test(value)) doubts = [];
    now = next;
    moves.push({ fact: `${by} sets PATH to ${value}`, source });
  };
  for (const setting of start.paths) follow2(setting, ENTRYPOINT2, "image config");
  for (const script of start.findStarted(createCommandFinder(tree2, now))) {
    const node = tree2.lookup(script);
    for (const setting of settingsOf(node)) follow2(setting, script, node ? sourceOf(script, node) : script);
  }
  const find3 = createCommandFinder(tree2, now);
  const elsewhere = listElsewhere(tree2, survey, now);
  return {
    directories: now,
    find: find3,
    moves,
    mayHold: createHolder(tree2, [...now, ...doubts.flatMap((doubt) => doubt.directories ?? [])]),
    doubt(name, told) {
      const found = find3(name);
      const leads = JSON.stringify(found?.via);
      const doubt = doubts.find((one) => {
        if (one.find) return JSON.stringify(one.find(name)?.via) !== leads;
        const isKept = found?.via[0] === void 0 || one.kept?.includes(dirname8(found.via[0])) !== false;
        return elsewhere.has(name) || !isKept;
      });
      return doubt ? doubtful(name, told, doubt) : told;
    }
  };
}
var KEPT = { cleared: [], login: pathDirectories([]) };
var ENTRYPOINT2 = "the image's entrypoint";
var REFERENCE = /\$(?:PATH\b|\{PATH\})/;
function settingsOf(node) {
  const content = contentOf(node);
  return content?.kind === "script" ? content.script.paths ?? [] : [];
}
function evaluate({ value, isLiteral, opaque }, directories) {
  if (opaque !== void 0) return void 0;
  if (isLiteral === true) return splitPath2(value);
  const text = value.replaceAll(new RegExp(REFERENCE, "g"), () => directories.join(":"));
  return /[$`~*?[\\]/.test(text) ? void 0 : splitPath2(text);
}
function foldersIn(value) {
  return splitPath2(value).filter((folder) => !folder.includes("$"));
}
var STORE = /^\/(?:nix|gnu)\/store\//;
function createHolder(tree2, directories) {
  const resolve3 = createPathResolver(tree2);
  const real = (folder) => dirname8(resolve3(inDirectory(folder, "x")));
  const all = new Set(directories.map(real));
  return (folder) => all.has(real(folder)) || STORE.test(folder);
}
function listElsewhere(tree2, survey, directories) {
  const resolve3 = createPathResolver(tree2);
  const inPath = new Set(directories.map((directory) => dirname8(resolve3(inDirectory(directory, "x")))));
  return new Set(survey.commands.filter((path) => !inPath.has(dirname8(resolve3(path)))).map(nameOf2));
}
function doubtful(name, told, { by, value, find: find3 }) {
  const command = { backend: "unknown", via: told.command.via };
  const to = find3 === void 0 ? "which is not known beforehand" : "and whether it does is not known beforehand";
  return { command, missing: { fact: `what ${name} is`, reason: `${by} sets PATH to ${value}, ${to}` } };
}

// src/toolchain/tools.ts
import { basename as basename10, dirname as dirname9 } from "node:path/posix";
var FAMILY = ["iptables", "ip6tables", "ebtables", "arptables"];
var LISTED = /* @__PURE__ */ new Set(["iptables", "nft", "ipset", "conntrack", "ebtables", "arptables"]);
var NAMES2 = [...FAMILY.flatMap((name) => [name, `${name}-nft`, `${name}-legacy`]), "nft", "ipset", "conntrack"];
function listTools(context) {
  const links = findLinks(context);
  const listing = { ...context, links, tools: [], missing: [] };
  const { tools, missing } = listing;
  const identified = context.survey.binaries.filter(({ content }) => LISTED.has(content.identity?.tool ?? ""));
  const named = identified.flatMap((found) => namedPrograms(found, links).map((name) => ({ found, name })));
  const unnamed = identified.filter((found) => !named.some((entry) => entry.found.content === found.content)).flatMap((found) => impliedPrograms(found).map((name) => ({ found, name })));
  for (const { found, name } of named) addTool(listing, found, name);
  for (const { found, name } of unnamed) {
    const same = tools.some((tool2) => tool2.name === name && isSameTool(context, tool2, found));
    if (!same) addTool(listing, found, name);
  }
  for (const found of unidentified(context, links)) addUnidentified(listing, found);
  return { tools: tools.sort(byNameAndPath(context.directories)), missing };
}
function findLinks({ tree: tree2, directories }) {
  const links = /* @__PURE__ */ new Map();
  for (const name of NAMES2) {
    for (const directory of directories) {
      const path = inDirectory(directory, name);
      const hit = followLink(tree2, path);
      if (!hit?.target) continue;
      const known = links.get(hit.target.path) ?? [];
      links.set(hit.target.path, [...known, { name, path, via: hit.via }]);
    }
  }
  return links;
}
function programOf(name) {
  return name.replace(/-(?:nft|legacy)$/, "");
}
function namedPrograms({ path, content }, links) {
  const tool2 = content.identity?.tool ?? "";
  const names2 = new Set((links.get(path) ?? []).map((link2) => programOf(link2.name)));
  if (tool2 !== "iptables") return names2.has(tool2) ? [tool2] : [];
  const programs = FAMILY.filter((name) => names2.has(name));
  if (programs.length > 0 && isMultiCall(path)) for (const name of ["iptables", "ip6tables"]) names2.add(name);
  return FAMILY.filter((name) => names2.has(name));
}
function isMultiCall(path) {
  return /^xtables-.*multi$/.test(basename10(path));
}
function impliedPrograms({ path, content }) {
  const tool2 = content.identity?.tool ?? "";
  if (tool2 !== "iptables") return [tool2];
  const own2 = /^(ip6?tables|ebtables|arptables)(?:-|$)/.exec(basename10(path))?.[1];
  return own2 === void 0 ? ["iptables", "ip6tables"] : [own2];
}
function isSameTool(context, tool2, found) {
  return tool2.backend === found.content.identity?.backend && (tool2.byteVersion ?? null) === readByteVersion(context, found).version && tool2.architecture === found.content.architecture;
}
function unidentified({ survey }, links) {
  return survey.binaries.filter(
    (found) => (links.has(found.path) || hidesTool(found)) && !found.content.identity && !found.content.wrapper && !found.content.go
  );
}
function hidesTool({ path, content }) {
  return (content.packed === true || content.problem !== void 0) && namedAs(path).length > 0;
}
function namedAs(path) {
  if (isMultiCall(path)) return ["iptables", "ip6tables"];
  const name = programOf(basename10(path));
  return LISTED.has(name) || FAMILY.includes(name) ? [name] : [];
}
function addTool(listing, found, name) {
  const identity = found.content.identity;
  const bytes = readByteVersion(listing, found);
  const tool2 = createTool(listing, found, name, bytes.version);
  if (identity?.backend) tool2.backend = identity.backend;
  if (bytes.version !== null) tool2.byteVersion = bytes.version;
  if (identity?.tool === "nft") addJsonSupport(listing, found, tool2);
  if (identity) tool2.evidence.push(evidence(describeIdentity(identity), found.path, found.node));
  tool2.evidence.push(...bytes.evidence);
  if (tool2.version === null) listing.missing.push({ fact: `version of ${found.path}`, reason: bytes.reason });
  listing.tools.push(tool2);
}
function addUnidentified(listing, found) {
  const { links, tools, missing } = listing;
  const { packed, problem } = found.content;
  const reason = packed ? "packed by UPX" : problem ?? "its bytes don't tell what it is";
  const linked = (links.get(found.path) ?? []).map((link2) => programOf(link2.name));
  for (const name of new Set(linked.length > 0 ? linked : namedAs(found.path))) {
    const tool2 = createTool(listing, found, name, null);
    tool2.evidence.push(evidence(reason, found.path, found.node));
    tools.push(tool2);
    if (tool2.version === null) missing.push({ fact: `version of ${found.path}`, reason });
    if (FAMILY.includes(name)) missing.push({ fact: `backend of ${found.path}`, reason });
  }
}
function createTool(listing, found, name, byteVersion) {
  const { ownership } = listing;
  const { owner, former } = ownership.tie(found.path, found.content.digests, name);
  const { path, via } = choosePath(listing, found, name);
  const tool2 = {
    name,
    version: byteVersion ?? (owner && upstreamVersion(owner.record.version)) ?? null,
    path,
    target: found.path,
    via,
    evidence: []
  };
  if (!listing.links.has(found.path) && !listing.mayHold(dirname9(found.path))) tool2.outsidePath = true;
  if (found.content.architecture !== void 0) tool2.architecture = found.content.architecture;
  if (owner) {
    tool2.package = owner.record;
    tool2.evidence.push({ fact: describeOwner(owner, found.path), source: owner.source });
  }
  if (former) {
    tool2.replacedPackage = former.record;
    tool2.evidence.push({ fact: describeFormer(former, found.path), source: former.source });
  }
  if (!owner) tool2.evidence.push(...ownership.claims(name));
  if (hasFileCapabilities(found)) {
    tool2.fileCapabilities = true;
    tool2.evidence.push(evidence("it carries security.capability", found.path, found.node));
  }
  return tool2;
}
function choosePath({ find: find3, links }, found, name) {
  const plain = find3(name);
  if (plain?.target?.path === found.path && plain.via[0] !== void 0) return { path: plain.via[0], via: plain.via };
  const link2 = (links.get(found.path) ?? []).find((entry) => programOf(entry.name) === name);
  return link2 ? { path: link2.path, via: link2.via } : { path: found.path, via: [found.path] };
}
function hasFileCapabilities({ node }) {
  return Object.keys(node.xattrs).some((key) => key.endsWith("security.capability"));
}
function addJsonSupport(context, found, tool2) {
  const own2 = found.content.identity?.json;
  const soname = found.content.needed.find((name) => name.startsWith("libnftables.so"));
  const library = own2 !== void 0 || soname === void 0 ? void 0 : context.loader.find(found, soname);
  const json = own2 ?? library?.content?.identity?.json;
  if (json === void 0) return;
  tool2.json = json;
  const at = library ?? found;
  tool2.evidence.push(evidence(`it is built ${json ? "with" : "without"} JSON support`, at.path, at.node));
}
function readByteVersion(context, found) {
  const identity = found.content.identity;
  if (identity?.version) return { version: identity.version, reason: "", evidence: [] };
  if (identity?.candidates) return { version: null, reason: describeIdentity(identity), evidence: [] };
  const prefix = identity?.versionIn;
  if (prefix === void 0) return { version: null, reason: "its bytes hold no version", evidence: [] };
  const soname = found.content.needed.find((name) => name.startsWith(prefix));
  const library = soname === void 0 ? void 0 : context.loader.find(found, soname);
  const version2 = library?.content?.identity?.version ?? null;
  if (!library || version2 === null)
    return {
      version: null,
      reason: library ? `${library.path} holds no version` : `its ${prefix} was not found`,
      evidence: []
    };
  const fact = `its library holds: ${library.content?.identity?.evidence ?? version2}`;
  return { version: version2, reason: "", evidence: [evidence(fact, library.path, library.node)] };
}
function byNameAndPath(directories) {
  const order2 = [...FAMILY, "nft", "ipset", "conntrack"];
  const rank2 = (tool2) => {
    const index = directories.indexOf(dirname9(tool2.path));
    return index < 0 ? directories.length : index;
  };
  return (a, b) => order2.indexOf(a.name) - order2.indexOf(b.name) || rank2(a) - rank2(b) || compareText(a.path, b.path) || compareText(a.target, b.target);
}

// src/toolchain/inspect.ts
function inspectToolchain(platform, knowledge2) {
  const { tree: tree2, config: config2 } = platform;
  const survey = surveyTree(tree2);
  const ownership = indexOwnership(survey, tree2);
  const { path, findAtStart, started } = followStart(platform, survey);
  const { directories, find: find3 } = path;
  const loader = createLoader(tree2, config2.env);
  const { tools, missing: missingOfTools } = listTools({
    tree: tree2,
    survey,
    ownership,
    find: find3,
    directories,
    mayHold: path.mayHold,
    loader
  });
  addMoves(tools, path, findAtStart);
  const { extensions, missing: missingExtensions } = listExtensions({ tree: tree2, survey, loader, tools, env: config2.env });
  const { legacyPrograms, missing: missingLegacy } = listLegacyPrograms(survey, tools, started);
  const selector = tellSelector({ tree: tree2, survey, find: find3, directories }, started);
  const isSetAtStart = commandsSet(selector, survey);
  const start = followBackend({ tree: tree2, find: find3, directories }, [...config2.entrypoint, ...config2.cmd]);
  const told = DEFAULT_COMMANDS.map((name) => {
    const plain = tellCommand(name, find3, tree2);
    return { name, ...isSetAtStart(name) ? chosenAtStart(plain) : start.settle(name, path.doubt(name, plain)) };
  });
  const defaults = Object.fromEntries(told.map(({ name, command }) => [name, command]));
  const words = [...config2.entrypoint, ...config2.cmd];
  const programs = tellProgram({ tree: tree2, survey, started, words }, knowledge2.programs);
  const { program, other: otherProgram, missing: missingProgram } = programs;
  return {
    os: readOsRelease(tree2),
    architecture: platform.platform.split("/")[1] ?? "",
    tools,
    libraries: listLibraries(survey, ownership),
    missingLibraries: [...listMissingLibraries(tools, survey, loader), ...missingInterpreters(tree2, defaults, find3)],
    ...extensions.length > 0 && { extensions },
    ...legacyPrograms.length > 0 && { legacyPrograms },
    defaults,
    ...start.runs.length > 0 && { startRuns: start.runs },
    ...selector && { selector },
    ...program && { program },
    ...otherProgram && { otherProgram },
    modprobe: find3("modprobe")?.target !== void 0,
    ...tellUser(config2.user, find3),
    environment: pickVariables(config2.env, knowledge2.variables),
    missing: distinctFacts([
      ...(platform.doubts ?? []).map((doubt) => ({ ...doubt, decisive: true })),
      ...ownership.problems,
      ...missingOfTools,
      ...missingExtensions,
      ...missingLegacy,
      ...told.flatMap(({ missing }) => missing ?? []),
      ...missingProgram ? [missingProgram] : []
    ])
  };
}
function tellUser(name, find3) {
  if (/^(?:root|0*)(?::|$)/.test(name)) return {};
  const helper = rootHelpers.map(find3).find((command) => command?.target !== void 0)?.target?.path;
  return { user: { name, ...helper !== void 0 && { becomesRoot: helper } } };
}
function followStart({ tree: tree2, config: config2 }, survey) {
  const directories = pathDirectories(config2.env);
  const { paths, words } = readStartCommand([...config2.entrypoint, ...config2.cmd]);
  const findAtStart = createCommandFinder(tree2, directories);
  const path = followPath(tree2, survey, directories, { paths, findStarted: (find3) => findStarted(tree2, words, find3) });
  const findEither = (name) => findAtStart(name)?.target ? findAtStart(name) : path.find(name);
  return { path, findAtStart, started: findStarted(tree2, words, findEither) };
}
function addMoves(tools, { find: find3, moves }, findAtStart) {
  for (const { name, target, evidence: evidence2 } of tools) {
    const isMoved = find3(name)?.target?.path === target && findAtStart(name)?.target?.path !== target;
    if (isMoved) evidence2.push(...moves);
  }
}
function chosenAtStart(told) {
  const { command } = told;
  const isFixed = command.backend === "nft" || command.backend === "legacy";
  return isFixed ? { ...told, command: { ...command, backend: "auto" } } : told;
}
function listMissingLibraries(tools, survey, loader) {
  const paths = [...new Set(tools.map(({ target }) => target))];
  return paths.flatMap((path) => {
    const found = survey.binaries.find((binary) => binary.path === path);
    return found ? loader.missing(found).map((library) => ({ path, library })) : [];
  });
}
function readOsRelease(tree2) {
  for (const path of ["/etc/os-release", "/usr/lib/os-release"]) {
    const text = textAt(tree2, path);
    if (text !== void 0) return { id: osField(text, "ID"), versionId: osField(text, "VERSION_ID") };
  }
  return { id: null, versionId: null };
}
function osField(text, name) {
  const value = new RegExp(`^${name}=(.*)$`, "m").exec(text)?.[1]?.trim();
  return value ? value.replace(/^(["'])(.*)\1$/, "$2") : null;
}
function distinctFacts(missing) {
  return missing.filter((item, i) => missing.findIndex((other) => other.fact === item.fact) === i);
}

// src/toolchain/probe.ts
import { dirname as dirname10 } from "node:path/posix";

// src/toolchain/binaries/extensions.ts
var FAMILIES = { 0: "any", 2: "ipv4", 3: "arp", 7: "bridge", 10: "ipv6" };
var OLDEST_LAYOUT = 10;
var NAME2 = /^[A-Za-z0-9_-]{1,28}$/;
var MAX_REGISTRATIONS = 2048;
var MAX_MARKS = 16;
var MAX_RELOCATIONS2 = 256 * 1024;
var DT_RELA = 7;
var DT_RELASZ = 8;
var RELATIVE = { 3: 8, 20: 22, 21: 22, 22: 12, 40: 23, 62: 8, 183: 1027, 243: 3, 258: 3 };
function readExtensions(bytes, header) {
  const marks = findMarks(bytes);
  if (marks.length === 0) return { registrations: [], problem: "it names no libxtables" };
  if (marks.some(({ version: version2 }) => version2 < OLDEST_LAYOUT))
    return { registrations: [], problem: "it is of iptables before 1.4.17, whose layout is not read" };
  const view = viewElf(bytes, header);
  const addresses = new Set(marks.flatMap(({ offset }) => addressOf(header, offset) ?? []));
  const pointers = readRelocations(bytes, view);
  const kind = registeredKind(bytes);
  const found = [];
  for (const address of findSlots(bytes, view, pointers, addresses)) {
    const registration = withinBounds(() => readRegistration(view, pointers, address, kind));
    if (registration) found.push(registration);
    if (found.length === MAX_REGISTRATIONS) return { registrations: found, problem: "it holds too many" };
  }
  return found.length > 0 ? { registrations: found } : { registrations: [], problem: "its bytes show none" };
}
function findMarks(bytes) {
  const text = "libxtables.so.";
  const marks = [];
  for (let at = findText(bytes, text); at >= 0 && marks.length < MAX_MARKS; at = findText(bytes, text, at + 1)) {
    const version2 = /^(\d{1,3})\0/.exec(bytes.toString("latin1", at + text.length, at + text.length + 4))?.[1];
    if (version2 !== void 0) marks.push({ offset: at, version: Number(version2) });
  }
  return marks;
}
function addressOf(header, offset) {
  const segment = header.segments.find(
    (entry) => entry.type === PT_LOAD && offset >= entry.offset && offset < entry.offset + entry.fileSize
  );
  return segment && offset - segment.offset + segment.address;
}
function readRelocations(bytes, view) {
  const pointers = /* @__PURE__ */ new Map();
  const { bits, machine } = view.header;
  const table2 = view.dynamicValue(DT_RELA);
  const start = table2 === void 0 ? void 0 : view.offsetOf(table2);
  if (start === void 0) return pointers;
  const word = bits / 8;
  const claimed = Math.floor((view.dynamicValue(DT_RELASZ) ?? 0) / (3 * word));
  const count = Math.min(claimed, Math.floor(bytes.length / (3 * word)), MAX_RELOCATIONS2);
  withinBounds(() => {
    for (let i = 0; i < count; i++) {
      const at = start + i * 3 * word;
      const type = bits === 64 ? view.read.u32(typeOffset(at, view)) : view.read.u32(at + word) & 255;
      if (type === RELATIVE[machine]) pointers.set(view.read.word(at), view.read.word(at + 2 * word));
    }
  });
  return pointers;
}
function typeOffset(at, { header }) {
  return at + 8 + (header.littleEndian ? 0 : 4);
}
function findSlots(bytes, { header, read }, pointers, targets) {
  const slots = /* @__PURE__ */ new Set();
  for (const [address, target] of pointers) if (targets.has(target)) slots.add(address);
  const word = header.bits / 8;
  const writable = header.segments.filter((entry) => entry.type === PT_LOAD && (entry.flags & PF_W) !== 0);
  let left = Math.ceil(bytes.length / word);
  for (const { offset, address, fileSize } of writable)
    withinBounds(() => {
      for (let at = -address & word - 1; at + word <= fileSize && left > 0; at += word, left--)
        if (targets.has(read.word(offset + at))) slots.add(address + at);
    });
  return [...slots].sort((a, b) => a - b);
}
function readRegistration(view, pointers, address, kind) {
  const word = view.header.bits / 8;
  const pointer = (index) => {
    const place2 = address + index * word;
    const offset = view.offsetOf(place2);
    return pointers.get(place2) ?? (offset === void 0 ? void 0 : view.read.word(offset));
  };
  const name = nameAt(view, pointer(2));
  const real = pointer(3);
  const realName = real === 0 ? void 0 : nameAt(view, real);
  const at = view.offsetOf(address + 4 * word);
  if (name === void 0 || at === void 0 || real !== 0 && realName === void 0) return void 0;
  const family = FAMILIES[view.read.u16(at + 2)];
  if (family === void 0) return void 0;
  return { name, kind, family, revision: view.read.u8(at), realName };
}
function nameAt(view, address) {
  const offset = address === void 0 ? void 0 : view.offsetOf(address);
  const text = offset === void 0 ? void 0 : view.text(offset);
  return text !== void 0 && NAME2.test(text) ? text : void 0;
}
function registeredKind(bytes) {
  const match2 = findText(bytes, "\0xtables_register_match") >= 0;
  const target = findText(bytes, "\0xtables_register_target") >= 0;
  return match2 === target ? void 0 : match2 ? "match" : "target";
}

// src/toolchain/binaries/go.ts
var MAGIC4 = "\xFF Go buildinf:";
var HEADER_SIZE = 32;
var FLAG_INLINE_STRINGS = 2;
var MAX_BUILD_INFO = 512 * 1024;
var MAX_DEPENDENCIES = 4096;
function goDataRanges(header) {
  return header.segments.filter((entry) => entry.type === PT_LOAD && (entry.flags & (PF_W | PF_X)) === PF_W && entry.fileSize > 0).map((entry) => ({ start: entry.offset, end: entry.offset + entry.fileSize })).sort((a, b) => a.start - b.start);
}
function createGoScanner(ranges) {
  const last = ranges.at(-1)?.end ?? 0;
  let tail = Buffer.alloc(0);
  let kept;
  let size = 0;
  const keep = (piece) => {
    const part = Buffer.from(piece.subarray(0, MAX_BUILD_INFO - size));
    kept?.push(part);
    size += part.length;
  };
  return {
    write(chunk, offset) {
      if (kept) keep(chunk);
      else {
        for (const part of overlaps(chunk, offset, ranges)) {
          const joined2 = tail.length > 0 ? Buffer.concat([tail, part.bytes]) : part.bytes;
          const at = findText(joined2, MAGIC4);
          if (at >= 0) {
            kept = [];
            keep(joined2.subarray(at));
            keep(chunk.subarray(part.endInChunk));
            break;
          }
          tail = Buffer.from(joined2.subarray(Math.max(0, joined2.length - MAGIC4.length + 1)));
        }
      }
      return kept ? size < MAX_BUILD_INFO : offset + chunk.length < last;
    },
    end: () => kept ? parseGoBuild(Buffer.concat(kept)) : void 0
  };
}
function* overlaps(chunk, offset, ranges) {
  for (const range of ranges) {
    const start = Math.max(range.start - offset, 0);
    const end = Math.min(range.end - offset, chunk.length);
    if (start < end) yield { bytes: chunk.subarray(start, end), endInChunk: end };
  }
}
function parseGoBuild(bytes) {
  if (bytes.length < HEADER_SIZE) return void 0;
  if (((bytes[15] ?? 0) & FLAG_INLINE_STRINGS) === 0) return "old-format";
  const version2 = readVarintString(bytes, HEADER_SIZE);
  if (!version2) return void 0;
  const modules = readVarintString(bytes, version2.next);
  if (!modules) return void 0;
  const build2 = { goVersion: version2.text, path: "", dependencies: [] };
  if (modules.text.length > 33 && modules.text.at(-17) === "\n") readModuleLines(build2, modules.text.slice(16, -16));
  return build2;
}
function readVarintString(bytes, start) {
  let length = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === void 0 || shift > 28) return void 0;
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (at + length > bytes.length) return void 0;
  return { text: bytes.toString("latin1", at, at + length), next: at + length };
}
function readModuleLines(build2, text) {
  for (const line of text.split("\n")) {
    const [kind, first = "", second = ""] = line.split("	");
    if (kind === "path") build2.path = first;
    else if (kind === "mod") build2.main = { path: first, version: second };
    else if (kind === "dep" && build2.dependencies.length < MAX_DEPENDENCIES)
      build2.dependencies.push({ path: first, version: second });
    else if (kind === "=>") {
      const replaced = build2.dependencies.at(-1);
      if (replaced && second !== "") replaced.version = second;
    } else if (kind === "build") readSetting(build2, first);
  }
}
function readSetting(build2, setting) {
  if (setting.startsWith("vcs.revision=")) build2.revision = setting.slice("vcs.revision=".length);
  if (!setting.startsWith("-ldflags=")) return;
  const stamped = /-X[= ]['"\\]*[\w./-]*version=['"\\]*(v?\d[\w.+-]*)/i.exec(setting)?.[1];
  if (stamped !== void 0) build2.stampedVersion = stamped;
}

// src/toolchain/scripts.ts
import { basename as basename11 } from "node:path/posix";
var STARTED2 = /(?:^|[\s;&|])exec\s+(?:-\S+\s+)*(?:(?:\S*\/)?env\s+(?:(?:-\S+|\w+=\S*)\s+)*)?["']?([\w./+-]+)/;
var MAX_STARTS = 16;
var MAX_QUOTED_LINE2 = 200;
var MAX_PATH_SETTINGS = 8;
function readScript(bytes, truncated, isStartable2 = true) {
  const text = bytes.toString("latin1");
  const interpreter = /^#![ \t]*([^\n]*)/.exec(text)?.[1]?.replace(/[ \t]+$/, "");
  if (interpreter === void 0) return void 0;
  const facts = { interpreter, starts: [], truncated };
  const wrapper = findWrapper(bytes, text);
  if (wrapper) facts.wrapper = wrapper;
  else if (isStartable2 && isShellLine(interpreter)) facts.text = text;
  const forwards = truncated || !isShellLine(interpreter) ? void 0 : forwardedTo(text);
  if (forwards !== void 0) facts.forwards = forwards;
  for (const line of linesWith(text, MARK_OF_LINE)) {
    if (/^\s*#/.test(line)) continue;
    const leaving = leavesContainer(line);
    if (leaving !== void 0) takeLeaving(facts, leaving);
    else if (RUNS_HERE.test(line)) facts.stays ??= line.trim().slice(0, MAX_QUOTED_LINE2);
    const paths = /PATH=|\senv\s/.test(line) ? readShellText(line, false).paths : [];
    if (paths.length > 0) facts.paths = [...facts.paths ?? [], ...paths].slice(0, MAX_PATH_SETTINGS);
    const started = STARTED2.exec(line)?.[1];
    if (started !== void 0 && facts.starts.length < MAX_STARTS) facts.starts.push(started);
  }
  return facts;
}
function isShellLine(interpreter) {
  const words = interpreter.split(/\s+/).filter((word) => !word.startsWith("-"));
  return words.some((word) => isShell(basename11(word)));
}
var MAX_FORWARDER = 4096;
var FORWARDS = /^(?:exec\s+)?(["']?)([\w./+-]+)\1(?:\s+[\w.,:=+-]+)*\s+"\$@"\s*;?$/;
function forwardedTo(text) {
  if (text.length > MAX_FORWARDER) return void 0;
  const lines = text.split("\n").map((line) => line.trim());
  const [only, ...others] = lines.filter((line) => line !== "" && !/^#|^set\s+[-+]\w+(?:\s+pipefail)?$/.test(line));
  return only === void 0 || others.length > 0 ? void 0 : FORWARDS.exec(only)?.[2];
}
function findWrapper(bytes, text) {
  const holds = createTextSearch(bytes);
  const scripts = wrappers_default.scripts;
  const known = scripts.find((entry) => entry.all.every(holds));
  if (!known || wrappers_default.installer.all.every(holds)) return void 0;
  const { version: version2, all, entrypoint = false } = known;
  const part = (pattern) => pattern === void 0 ? void 0 : new RegExp(pattern, "m").exec(text)?.[1];
  const linksIn = part(known.linksIn);
  const sets = part(known.sets)?.trim().split(/ +/);
  return {
    version: version2,
    text: all.join(", "),
    isEntrypoint: entrypoint,
    ...linksIn !== void 0 && { linksIn },
    ...sets && { sets },
    ...known.setsOnly !== void 0 && { setsOnly: known.setsOnly }
  };
}
var RUNS_HERE = /(?:^|[\s;&|])exec\s+(?!\d*[<>])\S|(?:^|[;&|(!]|\b(?:then|else|do|if)\s)\s*["']?(?:[\w./${}-]*\/)?(?:(?:ip6?|eb|arp)tables|xtables-(?:nft|legacy)-multi|nft|ipset)(?![\w.])/;
var NEW_ROOT = /\bchroot\s+(?:-\S+\s+)*["']?([^\s"']+)/;
function takeLeaving(facts, line) {
  const root = NEW_ROOT.exec(line)?.[1];
  if (facts.hostExec !== void 0 && facts.newRoot !== root) facts.stays ??= line;
  facts.hostExec ??= line;
  if (root !== void 0) facts.newRoot ??= root;
}
var MARK_OF_LINE = /exec|PATH=|chroot|nsenter|tables|nft|ipset/g;

// src/toolchain/sinks.ts
import { createHash as createHash7 } from "node:crypto";
var MAX_HASHED = 64 * 1024 * 1024;
var MAX_WHOLE = 8 * 1024 * 1024;
function createDigester(size) {
  const hashes = size <= MAX_HASHED ? ["md5", "sha1", "sha256"].map((name) => createHash7(name)) : [];
  let seen = 0;
  return {
    write(chunk) {
      for (const hash of hashes) hash.update(chunk);
      seen += chunk.length;
      return hashes.length > 0;
    },
    end() {
      const [md5 = "", sha1 = "", sha256 = ""] = hashes.map((hash) => hash.digest("hex"));
      return hashes.length > 0 && seen === size ? { digests: { md5, sha1, sha256 } } : {};
    }
  };
}
var spare;
function wholeSink(limit, read) {
  let bytes;
  let size = 0;
  let content;
  let done = false;
  function finish2(whole) {
    done = true;
    content = read(whole);
  }
  return {
    write(chunk) {
      if (size === 0 && chunk.length >= limit) finish2(asBuffer(chunk).subarray(0, limit));
      if (done) return false;
      bytes ??= takeBuffer(limit);
      const part = chunk.subarray(0, limit - size);
      bytes.set(part, size);
      size += part.length;
      return size < limit;
    },
    end() {
      try {
        if (!done) finish2((bytes ?? Buffer.alloc(0)).subarray(0, size));
        return content;
      } finally {
        if (bytes !== void 0 && (spare === void 0 || spare.length < bytes.length)) spare = bytes;
        bytes = void 0;
      }
    }
  };
}
function takeBuffer(size) {
  if (spare === void 0 || spare.length < size) return Buffer.allocUnsafeSlow(roundUp(size));
  const taken = spare;
  spare = void 0;
  return taken;
}
function roundUp(size) {
  return Math.min(MAX_WHOLE, Math.max(1024 * 1024, 2 ** Math.ceil(Math.log2(size))));
}
function textSink(file, limit, finish2) {
  return bytesSink(file, limit, (bytes, complete) => finish2(bytes.toString("latin1"), complete), true);
}
function bytesSink(file, limit, finish2, cutsText = false) {
  let bytes = Buffer.allocUnsafeSlow(Math.min(file.size, limit));
  let size = 0;
  return {
    byName: true,
    cutsText,
    write(chunk) {
      const part = chunk.subarray(0, bytes.length - size);
      bytes.set(part, size);
      size += part.length;
      return size < bytes.length;
    },
    end() {
      const read = bytes.subarray(0, size);
      bytes = Buffer.alloc(0);
      return finish2(read, size === file.size);
    }
  };
}
function constantSink(content) {
  return { write: () => false, end: () => content };
}
function asBuffer(chunk) {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

// src/toolchain/executable.ts
var MAX_EXTENSION = 1024 * 1024;
var HEAD_SIZE = 4096;
var MAX_SCRIPT = 256 * 1024;
function openExecutable(file, name) {
  const headSize = Math.min(file.size, HEAD_SIZE);
  let head;
  let position = 0;
  let reader2;
  let dismissed = false;
  function open4(start, rest) {
    reader2 = isScript(start) ? scriptSink(file) : elfSink(file, name, start);
    if (!reader2) dismissed = true;
    return reader2?.write(rest) === true;
  }
  function collect(chunk) {
    head ??= Buffer.alloc(headSize);
    const taken = Math.min(chunk.length, headSize - position);
    head.set(chunk.subarray(0, taken), position);
    position += taken;
    if (position >= 4 && !mayBeRead(head)) dismissed = true;
    if (dismissed || position < headSize) return !dismissed;
    const more = open4(head, head);
    return more && taken < chunk.length ? reader2?.write(chunk.subarray(taken)) === true : more;
  }
  function feed2(chunk) {
    if (reader2) return reader2.write(chunk);
    if (position > 0 || chunk.length < headSize) return collect(chunk);
    if (headSize >= 4 && !mayBeRead(chunk)) {
      dismissed = true;
      return false;
    }
    return open4(asBuffer(chunk).subarray(0, headSize), chunk);
  }
  return {
    byName: isToolName(name) || isNetfilterLibrary(name) || isExtension(name),
    byPlace: isSupportLibrary(name) || isProgramDirectory(file.path),
    write: (chunk) => !dismissed && feed2(chunk),
    end() {
      if (dismissed) return void 0;
      if (reader2) return reader2.end();
      return isToolName(name) ? unreadable("it ends before its header does") : void 0;
    }
  };
}
function mayBeRead(head) {
  return isElf(head) || isScript(head);
}
function isScript(head) {
  return head[0] === 35 && head[1] === 33;
}
function scriptSink(file) {
  return wholeSink(Math.min(file.size, MAX_SCRIPT), (bytes) => {
    const script = readScript(bytes, bytes.length < file.size, isStartable(file.path));
    return script && { kind: "script", script };
  });
}
function isStartable(path) {
  return !path.includes("lib/dpkg/info/");
}
function elfSink(file, name, head) {
  const header = readElfHeader(head);
  if (isExtension(name)) return extensionSink(file, name, header);
  const named = isToolName(name) || isNetfilterLibrary(name);
  if (!header) return named ? constantSink(unreadable("its ELF header cannot be read")) : void 0;
  if (isPacked(head)) return hashingSink(file, { ...describe5(header), packed: true });
  const wanted = named || isSupportLibrary(name) || isProgramDirectory(file.path);
  if (wanted && file.size <= MAX_WHOLE) return programSink(file, name, header);
  return streamingSink(file, header, named);
}
function extensionSink(file, name, header) {
  return header && file.size <= MAX_EXTENSION ? programSink(file, name, header) : void 0;
}
function programSink(file, name, header) {
  return wholeSink(file.size, (bytes) => analyse(bytes, file, name, header));
}
function hashingSink(file, content) {
  const hash = createDigester(file.size);
  return {
    write: (chunk) => hash.write(chunk),
    end: () => ({ ...content, ...hash.end() })
  };
}
var UPX = Buffer.from("UPX!");
function isPacked(head) {
  return head.subarray(0, 512 + UPX.length - 1).includes(UPX);
}
function streamingSink(file, header, named) {
  const ranges = goDataRanges(header);
  const scanner = createGoScanner(ranges);
  const hash = named ? createDigester(file.size) : void 0;
  let position = 0;
  return {
    write(chunk) {
      const offset = position;
      position += chunk.length;
      const hashing2 = hash?.write(chunk) === true;
      return scanner.write(asBuffer(chunk), offset) || hashing2;
    },
    end() {
      const content = { ...withGo(describe5(header), scanner), ...hash?.end() };
      if (content.go) return withWrapper(content, content.go, Buffer.alloc(0));
      if (content.problem) return content;
      const problem = `it is larger than ${MAX_WHOLE / 1024 / 1024} MiB`;
      return named ? { ...content, problem } : void 0;
    }
  };
}
function analyse(bytes, file, name, header) {
  const named = isToolName(name) || isNetfilterLibrary(name);
  const content = describe5(header);
  if (bytes.length < file.size) return named ? { ...content, problem: "it ends early" } : void 0;
  if (isExtension(name)) return { ...content, extensions: readExtensions(bytes, header) };
  const scanner = createGoScanner(goDataRanges(header));
  scanner.write(bytes, 0);
  withGo(content, scanner);
  if (content.go) return withWrapper(withLegacyLibraries(content, bytes, header), content.go, bytes);
  const dynamic = readElfDynamic(bytes, header);
  const interpreter = readInterpreter(bytes, header);
  if (interpreter !== void 0) content.interpreter = interpreter;
  if (isSupportLibrary(name) && !isNetfilterLibrary(name)) return describeDynamic(content, dynamic);
  const identity = identify({ name, bytes, dynamic });
  if (!identity && !named && !content.problem && !dynamic?.needed.some(isLegacyLibrary)) return void 0;
  describeDynamic(content, dynamic);
  if (identity) content.identity = identity;
  if (identity?.tool === "iptables" && !dynamic?.needed.some((library) => library.startsWith("libxtables.so")))
    content.extensions = readExtensions(bytes, header);
  if (!identity && !named) return content;
  if (dynamic !== void 0) describeSymbols(content, bytes, header, name);
  const hash = createDigester(bytes.length);
  hash.write(bytes);
  return { ...content, ...hash.end() };
}
function isLegacyLibrary(name) {
  return LEGACY_LIBRARY.test(name);
}
function withLegacyLibraries(content, bytes, header) {
  content.needed = readElfDynamic(bytes, header)?.needed.filter(isLegacyLibrary) ?? [];
  return content;
}
function describeDynamic(content, dynamic) {
  if (dynamic === void 0) return content;
  const { definitions, needs: needs2 } = dynamic.versions();
  content.needed = dynamic.needed;
  if (dynamic.runpath.length > 0) content.runpath = dynamic.runpath;
  if (dynamic.isRpath) content.isRpath = true;
  if (needs2.length > 0) content.versionNeeds = needs2;
  if (definitions.length > 0) content.versionDefinitions = definitions;
  return content;
}
function describeSymbols(content, bytes, header, name) {
  const { imports, exports } = readNetfilterSymbols(bytes, header);
  if (imports.length > 0) content.imports = imports;
  if (isNetfilterLibrary(name) && exports !== void 0) content.exports = exports;
}
function withWrapper(content, build2, bytes) {
  if (build2.main?.path !== wrappers_default.go.module && build2.path !== wrappers_default.go.module) return content;
  const generation = wrappers_default.go.generations.find((entry) => findText(bytes, entry.text) >= 0);
  return { ...content, wrapper: generation?.version ?? "go" };
}
function describe5(header) {
  const content = { kind: "binary", needed: [] };
  if (header.architecture !== void 0) content.architecture = header.architecture;
  return content;
}
function withGo(content, scanner) {
  const build2 = scanner.end();
  if (build2 === "old-format") content.problem = "it was built with Go before 1.18, whose build information is not read";
  else if (build2) content.go = build2;
  return content;
}
function unreadable(problem) {
  return { kind: "binary", needed: [], problem };
}

// src/toolchain/packages/apk.ts
function parseApkDatabase(text) {
  const { parsed, add, report } = collectPackages();
  let record2 = emptyRecord();
  const finish2 = (line) => {
    if (!record2.begun) return;
    if (record2.name && record2.version) add({ name: record2.name, version: record2.version, files: record2.files });
    else report(`the record that ends at line ${line} has no ${record2.name ? "version" : "name"}`);
    record2 = emptyRecord();
  };
  let number3 = 0;
  for (const line of linesOf(text)) {
    number3++;
    if (line === "") finish2(number3);
    else if (line[1] !== ":" || !/[A-Za-z]/.test(line[0] ?? "")) report(`line ${number3} is no field`);
    else {
      if (line[0] === "P" && record2.name !== "") report(`line ${number3} names a second package in a record`);
      takeField(record2, line[0] ?? "", line.slice(2));
    }
  }
  finish2(number3);
  if (text !== "" && !text.endsWith("\n")) report("it ends in the middle of a line");
  return parsed;
}
function emptyRecord() {
  return { begun: false, name: "", version: "", directory: "", files: [], file: void 0 };
}
function takeField(record2, field2, value) {
  record2.begun = true;
  if (field2 === "P") record2.name = value;
  else if (field2 === "V") record2.version = value;
  else if (field2 === "F") record2.directory = value;
  else if (field2 === "R") {
    const path = record2.directory === "" ? `/${value}` : `/${record2.directory}/${value}`;
    record2.file = record2.files.length < MAX_FILES_OF_PACKAGE && isWorthOwning(path) ? { path } : void 0;
    if (record2.file) record2.files.push(record2.file);
  } else if (field2 === "Z" && record2.file) {
    const digest = readChecksum(value);
    if (digest !== void 0) record2.file.digest = digest;
  }
}
function readChecksum(value) {
  const algorithm = value.startsWith("Q1") ? "sha1" : value.startsWith("Q2") ? "sha256" : void 0;
  const hex = Buffer.from(value.slice(2, 80), "base64").toString("hex");
  return algorithm !== void 0 && hex.length === (algorithm === "sha1" ? 40 : 64) ? `${algorithm}:${hex}` : void 0;
}

// src/toolchain/packages/dpkg.ts
function parseDpkgStatus(text, form) {
  const { parsed, add, report } = collectPackages();
  let stanza = /* @__PURE__ */ new Map();
  const finish2 = (line) => {
    if (stanza.size === 0) return;
    const name = stanza.get("package");
    const version2 = stanza.get("version");
    const status = stanza.get("status");
    const state = status === void 0 ? void 0 : STATUS.exec(status)?.[1];
    const installed = status === void 0 ? form === "status.d" : state !== void 0 && FILES_THERE.has(state);
    if (!name) report(`the stanza that ends at line ${line} names no package`);
    else if (status === void 0 && form === "status") report(`package ${name} has no status`);
    else if (status !== void 0 && state === void 0) report(`package ${name} has a status that is none`);
    else if (installed && !version2) report(`package ${name} has no version`);
    else if (installed && version2) add({ name, version: version2 });
    stanza = /* @__PURE__ */ new Map();
  };
  let number3 = 0;
  for (const line of linesOf(text)) {
    number3++;
    if (line.trim() === "") finish2(number3);
    else if (line[0] === " " || line[0] === "	") {
      if (stanza.size === 0) report(`line ${number3} continues nothing`);
    } else {
      const field2 = /^([!-9;-~]+):[ \t]*(.*)$/.exec(line);
      if (!field2) report(`line ${number3} is no field`);
      else {
        if (field2[1]?.toLowerCase() === "package" && stanza.has("package"))
          report(`line ${number3} names a second package in a stanza`);
        takeField2(stanza, field2[1] ?? "", field2[2] ?? "");
      }
    }
  }
  finish2(number3);
  if (form === "status" && text !== "" && !text.endsWith("\n")) report("it ends in the middle of a line");
  return parsed;
}
var STATUS = /^(?:unknown|install|hold|deinstall|purge) (?:ok|reinstreq) (not-installed|config-files|half-installed|unpacked|half-configured|triggers-awaited|triggers-pending|installed)$/;
var FILES_THERE = /* @__PURE__ */ new Set(["unpacked", "half-configured", "triggers-awaited", "triggers-pending", "installed"]);
var KEPT_FIELDS = /* @__PURE__ */ new Set(["package", "version", "status"]);
function takeField2(stanza, name, value) {
  const key = name.toLowerCase();
  stanza.set(key, KEPT_FIELDS.has(key) ? value.trimEnd() : "");
}
function parseDpkgFileList(text) {
  const files = [];
  for (const line of linesWith(text, MARK_OF_WORTH)) {
    if (files.length >= MAX_FILES_OF_PACKAGE) break;
    if (line.startsWith("/") && isWorthOwning(line)) files.push({ path: line });
  }
  return files;
}
function parseDpkgSums(text) {
  const files = [];
  for (const line of linesWith(text, MARK_OF_WORTH)) {
    if (files.length >= MAX_FILES_OF_PACKAGE) break;
    const [, md5, name] = /^([0-9a-f]{32})\s+\.?\/?(.+)$/.exec(line) ?? [];
    if (name !== void 0 && isWorthOwning(`/${name}`)) files.push({ path: `/${name}`, digest: `md5:${md5}` });
  }
  return files;
}

// src/toolchain/packages/spdx.ts
var MAX_CLAIMS2 = 16;
var MAX_READ = 1e5;
function isSpdxDocument(path) {
  if (path.endsWith(".spdx.json")) return /\/(?:var\/lib\/db\/sbom|usr\/share\/spdx)\/[^/]+$/.test(path);
  return path.endsWith(".spdx") && /^\/opt\/bitnami\/(?:[^/]+\/)*\.spdx-[^/]+$/.test(path);
}
function parseSpdx(text, names2) {
  const packages2 = field(parseJson(text), "packages");
  if (!Array.isArray(packages2)) return [];
  const claims2 = [];
  for (const entry of packages2.slice(0, MAX_READ)) {
    const name = field(entry, "name");
    const version2 = field(entry, "versionInfo");
    if (typeof name !== "string" || typeof version2 !== "string" || !names2.has(name)) continue;
    if (/^[\w.+~:-]{1,80}$/.test(version2) && claims2.length < MAX_CLAIMS2) claims2.push({ name, version: version2 });
  }
  return claims2;
}
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
}
function field(value, name) {
  return typeof value === "object" && value !== null ? value[name] : void 0;
}

// src/toolchain/probe.ts
var MAX_DATABASE = 32 * 1024 * 1024;
var MAX_SBOM = 1024 * 1024;
var MAX_SMALL_TEXT = 1024 * 1024;
var MAX_ALTERNATIVES = 64 * 1024;
var probeContent = (file) => openDatabase(file) ?? openOther(file);
function openDatabase(file) {
  const { path } = file;
  if (path.endsWith("lib/apk/db/installed")) return database(file, "apk", parseApkDatabase);
  if (path.includes("/rpm/") && isRpmDatabase(path)) return rpmDatabase(file);
  if (path.endsWith("container-manifest-2") && isRpmManifest(path)) return database(file, "rpm", parseRpmManifest);
  if (path.includes(".spdx") && isSpdxDocument(path)) return claims(file);
  if (path.endsWith("tables") && isAlternatives(path))
    return textSink(file, MAX_ALTERNATIVES, (text) => ({ kind: "text", text }));
  if (!path.includes("lib/dpkg/")) return void 0;
  if (path.endsWith("lib/dpkg/status")) return database(file, "dpkg", (text) => parseDpkgStatus(text, "status"));
  if (path.includes("lib/dpkg/status.d/"))
    return path.endsWith(".md5sums") ? fileList(file, parseDpkgSums) : database(file, "dpkg", (text) => parseDpkgStatus(text, "status.d"));
  if (!path.includes("lib/dpkg/info/")) return void 0;
  if (path.endsWith(".list")) return fileList(file, parseDpkgFileList);
  return path.endsWith(".md5sums") ? fileList(file, parseDpkgSums) : void 0;
}
function openOther(file) {
  const name = nameOf2(file.path);
  if (name === "os-release") {
    const parent = dirname10(file.path);
    if (parent.endsWith("/etc") || parent.endsWith("/lib"))
      return textSink(file, MAX_SMALL_TEXT, (text) => ({ kind: "text", text }));
  }
  if (isLoaderConfig(file.path)) return textSink(file, MAX_SMALL_TEXT, (text) => ({ kind: "text", text }));
  const executable = (file.mode & 73) !== 0 && !/\.so(?:\.|$)/.test(name);
  if (!executable && !isWantedName(name) && !isScriptName(name)) return void 0;
  return file.size === 0 ? void 0 : openExecutable(file, name);
}
function database(file, kind, parse4) {
  return textSink(file, MAX_DATABASE, (text, complete) => {
    const { packages: packages2, problems } = parse4(text);
    const cut = complete ? [] : [`it is larger than ${MAX_DATABASE / 1024 / 1024} MiB`];
    return { kind: "packages", database: kind, packages: packages2, problems: [...cut, ...problems] };
  });
}
function claims(file) {
  if (file.size > MAX_SBOM) return void 0;
  return textSink(file, MAX_SBOM, (text) => {
    const told = parseSpdx(text, toolPackages);
    return told.length > 0 ? { kind: "claims", claims: told } : void 0;
  });
}
function fileList(file, parse4) {
  return textSink(file, MAX_DATABASE, (text, complete) => ({
    kind: "file-list",
    files: parse4(text),
    problems: complete ? [] : ["it is too large to be read whole"]
  }));
}
function rpmDatabase(file) {
  const problem = `it is larger than ${MAX_RPM_DATABASE / 1024 / 1024} MiB`;
  const tooLarge = { kind: "packages", database: "rpm", packages: [], problems: [problem] };
  if (!isRpmJournal(file.path) && file.size > MAX_RPM_DATABASE)
    return { byName: true, write: () => false, end: () => tooLarge };
  return bytesSink(
    file,
    isRpmJournal(file.path) ? JOURNAL_HEAD : MAX_RPM_DATABASE,
    (bytes, complete) => {
      const read = readRpmFile(file.path, bytes);
      const cut = complete ? [] : ["it ends early"];
      if (read.format === "sqlite-journal") return { kind: "rpm-journal", isHot: read.isHot };
      if (read.format === "packages")
        return { kind: "packages", database: "rpm", packages: read.packages, problems: [...cut, ...read.problems] };
      read.pages.problems.unshift(...cut);
      return { kind: "rpm-sqlite", isLog: read.format === "sqlite-log", pages: read.pages };
    }
  );
}

// src/inspect.ts
var wrapperVariables = wrapper_choices_default.generations.map(({ variable }) => variable);
function variableOf2(native) {
  return native?.option === void 0 ? native : void 0;
}
var knowledge = {
  programs: programProfiles.flatMap(({ id, recognise: recognise2 }) => recognise2 === void 0 ? [] : [{ id, recognise: recognise2 }]),
  variables: [
    ...new Set(
      [
        ...programProfiles.flatMap(({ selects }) => [selects?.variable, variableOf2(selects?.native)]),
        ...wrapperVariables
      ].flatMap((variable) => variable?.name ?? [])
    )
  ]
};
async function inspectImages(references, options = {}) {
  const cache = options.cache === void 0 ? void 0 : openCache(options.cache);
  options.insecureRegistries?.forEach(parseInsecureRegistry);
  const images = [];
  const deadline = options.deadline ?? startDeadline(options.limits);
  for (const reference of references)
    images.push(...await inspectReference(reference, { ...options, deadline }, cache));
  const problem = cache?.problem();
  if (problem !== void 0) options.reporter?.say(`the cache stays as it was: ${problem}`);
  return { schemaVersion: 1, tool, images };
}
function startDeadline(limits) {
  return createDeadline({ ...defaultLimits, ...limits });
}
function openCache(folder) {
  if (build === void 0) throw new UserError(`${folder}: only the built tool (dist/) has a cache`);
  return openInspectionCache(folder, { name: tool.name, version: `${tool.version}+${build}` });
}
async function inspectReference(reference, { platforms = [], credentials, insecureRegistries, lazy, limits, deadline, reporter }, cache) {
  const reading = reporter?.begin(reference);
  const registry = { credentials, insecureRegistries, lazy };
  const options = { probe: probeContent, platforms, ...registry, limits, deadline, progress: reading };
  try {
    const images = await useImages(reference, options, {
      recall: cache && ((identity) => recall(cache, identity)),
      read: (platform) => inspectPlatform(platform, cache)
    });
    reading?.end();
    return images.map(toInspected);
  } catch (error) {
    reading?.fail();
    throw error;
  }
}
function recall(cache, identity) {
  const found = cache.recall(identity);
  if (found === void 0) return void 0;
  const note = `taken from the cache of inspections (image config ${identity.configDigest}): its layers have the digests that they had then, and were not unpacked again`;
  return { result: { toolchain: found.toolchain, notes: [...found.notes, note] }, layers: found.layers };
}
function inspectPlatform(platform, cache) {
  const known = { toolchain: inspectToolchain(platform, knowledge), notes: platform.notes };
  const isPlain = platform.doubts === void 0 && platform.layers.every(({ partial: partial2 }) => partial2 === void 0);
  if (isPlain) cache?.store(platform, { ...known, layers: platform.layers.map(({ digest }) => digest) });
  return known;
}
function toInspected({ reference, digest, platforms }) {
  return {
    reference,
    digest,
    platforms: platforms.map(({ platform, result: { toolchain, notes: own2 }, notes }) => ({
      platform,
      toolchain,
      ...notes.length + own2.length === 0 ? {} : { notes: [...notes, ...own2] }
    }))
  };
}

// src/report/pen.ts
function makePen(options) {
  return {
    paint: (code, text) => options.color ? `\x1B[${code}m${text}\x1B[0m` : text,
    width: Math.max(40, options.width ?? 100)
  };
}

// src/report/view.ts
function shortImage(reference) {
  const bare = reference.replace(/^(?:docker-archive|oci-archive|oci|docker-daemon):|^docker:\/\//, "").replace(/@sha256:[0-9a-f]{64}$/, "");
  if (/^[./]|\.t(?:ar|gz)|\.tar\.\w+/.test(bare)) return bare.replace(/^.*\/(?=[^/])/, "");
  return bare;
}

// src/report/inspection-text.ts
function renderInspectionText(inspection, options = {}) {
  const pen = makePen(options);
  const blocks = inspection.images.map((image) => {
    const head = `${pen.paint(1, plainText(shortImage(image.reference), 200))}  ${plainText(image.digest).slice(0, 19)}`;
    const platforms = image.platforms.map(({ platform, toolchain, notes }) => ({
      text: platformTitle(platform, toolchain),
      children: [...toolchainItems(toolchain), ...noteItems(notes)]
    }));
    return [head, ...tree(platforms)].join("\n");
  });
  return `${breakCommands(blocks.join("\n\n"))}
`;
}
function tree(items, indent = "") {
  return items.flatMap((item, i) => {
    const last = i === items.length - 1;
    const lines = [`${indent}${last ? "\u2514\u2500" : "\u251C\u2500"} ${item.text}`];
    return [...lines, ...tree(item.children ?? [], `${indent}${last ? "   " : "\u2502  "}`)];
  });
}
function platformTitle(platform, { os }) {
  const name = os.id === null ? "no os-release" : plainText(`${os.id} ${os.versionId ?? ""}`, 80);
  return `${plainText(platform, 60)}  ${name}`;
}
function noteItems(notes = []) {
  return notes.length === 0 ? [] : [{ text: "notes", children: notes.map((note) => ({ text: plainText(note) })) }];
}
function toolchainItems(toolchain) {
  return [
    ...programItems(toolchain),
    toolItem(toolchain),
    ...commandItems(toolchain),
    ...selectorItems(toolchain),
    ...libraryItems(toolchain),
    ...extensionItems(toolchain),
    ...legacyProgramItems(toolchain),
    ...environmentItems(toolchain),
    ...missingItems(toolchain)
  ];
}
function programItems({ program }) {
  if (!program) return [];
  const { name, version: version2, path, module, libraries: libraries2, evidence: evidence2 } = program;
  const text = `program ${plainText(name, 80)} ${plainText(version2 ?? "version not known", 40)}  ${plainText(path, 200)}`;
  const linked = libraries2.length > 0 ? [`links ${libraries2.map((library) => plainText(library, 120)).join(", ")}`] : [];
  const origin = module === void 0 ? [] : [`Go module ${plainText(module, 200)}`];
  return [
    { text, children: [...origin, ...linked, ...evidence2.map(describeEvidence)].map((line) => ({ text: line })) }
  ];
}
function toolItem({ tools, architecture }) {
  if (tools.length === 0) return { text: "no netfilter tools" };
  const rows = alignRows(tools.map(toolRow));
  const facts = tools.map((tool2) => [...toolNotes(tool2, architecture), ...tool2.evidence.map(describeEvidence)]);
  const children = tools.map((tool2, i) => {
    const first = tools.findIndex((other, j) => other.target === tool2.target && isSameList(facts[j], facts[i]));
    const lines = first < i ? [`the same file as ${plainText(tools[first]?.name ?? "", 40)} above`] : facts[i] ?? [];
    return { text: rows[i] ?? "", children: lines.map((text) => ({ text })) };
  });
  return { text: "tools", children };
}
function isSameList(one = [], other = []) {
  return one.length === other.length && one.every((line, i) => line === other[i]);
}
function commandItems({ defaults, modprobe }) {
  const commands = Object.entries(defaults).sort(([a], [b]) => sortName(a) < sortName(b) ? -1 : 1);
  const isThere = ([, { backend, via }]) => backend !== "none" || via.length > 0;
  const rows = commands.filter(isThere).map(([name, command]) => [
    plainText(name, 40),
    commandBackend(name, command),
    command.via.map((p) => plainText(p, 200)).join(" \u2192 ")
  ]);
  if (modprobe) rows.push(["modprobe", "can load kernel modules", ""]);
  const absent = commands.filter((command) => !isThere(command)).map(([name]) => plainText(name, 40));
  const lines = [...alignRows(rows), ...absent.length > 0 ? [`not in PATH: ${absent.join(", ")}`] : []];
  return lines.length > 0 ? [{ text: "commands", children: lines.map((text) => ({ text })) }] : [];
}
function sortName(name) {
  return name.replace(/^ip6tables/, "iptables6");
}
function selectorItems({ selector }) {
  if (!selector) return [];
  const { kind, version: version2, effective, loops, path, evidence: evidence2 } = selector;
  const by = `${kind}${version2 === null ? "" : ` ${plainText(version2, 40)}`}`;
  const effect = loops === void 0 ? effective ? "in effect" : "NOT in effect" : "calls itself for ever";
  const text = `backend chosen by ${by}, ${effect}  ${plainText(path, 200)}`;
  return [{ text, children: evidence2.map((item) => ({ text: describeEvidence(item) })) }];
}
function libraryItems({ libraries: libraries2, missingLibraries = [] }) {
  const rows = libraries2.map((library) => [
    plainText(library.name, 40),
    `so ${plainText(library.soVersion, 20)}`,
    libraryRange2(library.versions),
    library.package ? describeRecord(library.package) : "no package record",
    plainText(library.path, 200)
  ]);
  const gone = [...new Set(missingLibraries.map(({ path }) => path))].map((path) => {
    const names2 = missingLibraries.filter((one) => one.path === path).map(({ library }) => plainText(library, 120));
    return { text: `${plainText(path, 200)} needs ${names2.join(", ")}: NOT in the image` };
  });
  const present = rows.length > 0 ? [{ text: "libraries", children: alignRows(rows).map((text) => ({ text })) }] : [];
  return gone.length > 0 ? [...present, { text: "missing libraries", children: gone }] : present;
}
function extensionItems({ extensions = [] }) {
  return extensions.map(({ library, directory, files, list, unread = [] }) => {
    const where = directory === void 0 ? `inside ${plainText(library, 200)}` : `in ${plainText(directory, 200)}, ${plural(files ?? 0, "file", "files")}`;
    const told = list === void 0 ? [] : countKinds(list);
    const lacking = unread.length > 0 ? [`${plural(unread.length, "file", "files")} could not be read`] : [];
    return { text: [`extensions of iptables ${where}`, ...told, ...lacking].join(", ") };
  });
}
function legacyProgramItems({ legacyPrograms = [] }) {
  const children = legacyPrograms.map(({ path, libraries: libraries2, started }) => ({
    text: `${plainText(path, 200)}  ${libraries2.map((library) => plainText(library, 40)).join(", ")}${started ? ", started by the image" : ""}`
  }));
  return children.length === 0 ? [] : [{ text: "programs that speak to the legacy tables themselves", children }];
}
function countKinds(list) {
  const names2 = (kind) => new Set(list.filter((entry) => entry.kind === kind).map(({ name }) => name));
  const count = (number3, one, many) => number3 > 0 ? [plural(number3, one, many)] : [];
  return [
    ...count(names2("match").size, "match", "matches"),
    ...count(names2("target").size, "target", "targets"),
    ...count(names2(void 0).size, "match or target", "matches and targets")
  ];
}
function plural(number3, one, many) {
  return `${number3} ${number3 === 1 ? one : many}`;
}
function environmentItems({ environment }) {
  const variables = Object.entries(environment).sort(([a], [b]) => a < b ? -1 : 1);
  if (variables.length === 0) return [];
  const children = variables.map(([name, value]) => ({ text: `${plainText(name, 80)}=${plainText(value, 120)}` }));
  return [{ text: "environment", children }];
}
function missingItems({ missing }) {
  if (missing.length === 0) return [];
  const children = missing.map((m) => ({ text: `${plainText(m.fact, 200)}: ${plainText(m.reason, 300)}` }));
  return [{ text: "not known", children }];
}
function toolRow(tool2) {
  return [
    plainText(tool2.name, 40),
    plainText(tool2.version ?? "?", 40),
    tool2.backend ?? "",
    tool2.package ? describeRecord(tool2.package) : "no package record",
    (tool2.via.length > 0 ? tool2.via : [tool2.path]).map((path) => plainText(path, 200)).join(" \u2192 ")
  ];
}
function toolNotes(tool2, architecture) {
  const { byteVersion, package: record2, replacedPackage, json, fileCapabilities } = tool2;
  const notes = [];
  if (replacedPackage) notes.push(`NOT the file of ${describeRecord(replacedPackage)}: its content is another`);
  if (record2 && byteVersion !== void 0 && upstreamVersion(record2.version) !== byteVersion)
    notes.push(`its bytes say ${plainText(byteVersion, 40)}, its package record another version`);
  if (json === false) notes.push("WITHOUT JSON support");
  if (tool2.architecture !== void 0 && tool2.architecture !== architecture)
    notes.push(`built for ${plainText(tool2.architecture, 40)}`);
  if (fileCapabilities) notes.push("carries file capabilities");
  return notes;
}
function describeRecord({ database: database2, name, version: version2 }) {
  return `${database2} ${plainText(`${name} ${version2}`, 120)}`;
}
function describeEvidence({ fact, source }) {
  const place2 = source.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, "$1");
  return `${plainText(fact, 300)}  (${plainText(place2, 300)})`;
}
function commandBackend(name, command) {
  if (command.hostExec) return "host's tools";
  if (command.dangling) return "dangling link";
  if (!name.includes("tables") && command.backend !== "none") return "";
  return { nft: "nft", legacy: "legacy", auto: "chosen at run time", none: "leads nowhere", unknown: "not known" }[command.backend];
}
function libraryRange2([min, max]) {
  if (min === null && max === null) return "release not known";
  if (min === max) return plainText(min ?? "", 40);
  if (min === null) return `up to ${plainText(max ?? "", 40)}`;
  return max === null ? `${plainText(min, 40)} or later` : `${plainText(min, 40)} to ${plainText(max, 40)}`;
}
function alignRows(rows) {
  const widths = rows.reduce((all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)), []);
  return rows.map(
    (row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ").trimEnd()
  );
}

// src/report/json.ts
var order = [
  ["schemaVersion", "tool", "verdict", "counts", "images", "findings", "fixed", "notes"],
  ["errors", "warnings", "notices", "unknowns"],
  ["reference", "digest", "platforms", "platform", "toolchain", "cells", "unjudged", "base"],
  ["host", "kernel", "programs", "architectures", "verdict", "findings", "missing"],
  [
    "rule",
    "severity",
    "image",
    "platform",
    "hosts",
    "program",
    "message",
    "evidence",
    "remedy",
    "location",
    "suggestion",
    "existing",
    "ignored",
    "expired"
  ],
  ["os", "architecture", "tools", "libraries", "defaults", "selector", "program", "modprobe", "environment", "missing"],
  [
    "kind",
    "id",
    "versionId",
    "name",
    "version",
    "soVersion",
    "versions",
    "backend",
    "effective",
    "loops",
    "path",
    "target",
    "via"
  ],
  [
    "dangling",
    "hostExec",
    "architecture",
    "module",
    "libraries",
    "package",
    "database",
    "byteVersion",
    "fileCapabilities"
  ],
  ["fact", "source", "state", "under", "entry", "reason", "until", "place", "file", "line", "text", "evidence"]
];
var ranks = /* @__PURE__ */ new Map();
for (const key of order.flat()) if (!ranks.has(key)) ranks.set(key, ranks.size);
var records = /* @__PURE__ */ new Set(["defaults", "environment"]);
function renderInspectionJson(inspection) {
  return `${[...print(inspection, "", 0)].join("")}
`;
}
function* print(value, indent, depth, isRecord = false) {
  if (depth === 0 || typeof value !== "object" || value === null || Object.keys(value).length === 0) {
    const text = JSON.stringify(sortKeys(value, isRecord), null, 2);
    yield escapeJson(indent === "" ? text : text.replaceAll("\n", `
${indent}`));
    return;
  }
  const inner = `${indent}  `;
  const [open4, close2] = Array.isArray(value) ? "[]" : "{}";
  let mark = open4;
  for (const [key, item] of Array.isArray(value) ? value.entries() : sortEntries(value, false)) {
    if (item === void 0) continue;
    yield `${mark}
${inner}${typeof key === "string" ? `${JSON.stringify(key)}: ` : ""}`;
    yield* print(item, inner, depth - 1, typeof key === "string" && records.has(key));
    mark = ",";
  }
  yield `
${indent}${close2}`;
}
function sortKeys(value, isRecord) {
  if (Array.isArray(value)) return value.map((item) => sortKeys(item, false));
  if (typeof value !== "object" || value === null) return value;
  const sorted = /* @__PURE__ */ Object.create(null);
  for (const [key, item] of sortEntries(value, isRecord)) sorted[key] = sortKeys(item, !isRecord && records.has(key));
  return sorted;
}
function sortEntries(value, isRecord) {
  const rank2 = (key) => isRecord ? -1 : ranks.get(key) ?? Number.MAX_SAFE_INTEGER;
  return Object.entries(value).sort(([a], [b]) => rank2(a) - rank2(b) || (a < b ? -1 : 1));
}

// src/cli-inspect.ts
async function run(invocation) {
  if (invocation.command !== "inspect") throw new Error(`${invocation.command} is a command of cli.ts`);
  const images = expandBuildMetadata(invocation.images, process.cwd());
  const inspection = await inspectImages(images, readingOf(invocation.reading));
  const json = invocation.format === "json";
  emit(json ? renderInspectionJson(inspection) : renderInspectionText(inspection, terminal()), invocation.output);
  return 0;
}
await runProgram(run);
