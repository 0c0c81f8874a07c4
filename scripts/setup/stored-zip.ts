import { crc32 } from 'node:zlib';

/** One file of an archive. */
export interface Entry {
  readonly name: string;
  readonly data: Uint8Array;
}

const ALIGNMENT = 64;
/** 1 January 1980, the first date a zip knows: the archive must not depend on when it is made. */
const DATE = 0x0021;

/**
 * A zip archive of uncompressed files whose data start at multiples of 64 bytes, so that a reader may map a network in
 * place (APPNOTE.TXT 6.3, the format's specification; the padding is an extra field of zeros, as `zipalign` makes it).
 */
export function storedZip(entries: readonly Entry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let position = 0;
  const add = (...added: Buffer[]): void => {
    for (const part of added) {
      parts.push(part);
      position += part.length;
    }
  };

  for (const { name, data } of entries) {
    const start = position;
    const padding = (ALIGNMENT - ((start + 30 + name.length) % ALIGNMENT)) % ALIGNMENT;
    const common = commonFields(data, name);
    add(
      record('PK\u0003\u0004', [], common, padding),
      Buffer.from(name),
      Buffer.alloc(padding),
      Buffer.from(data),
    );
    const location = Buffer.alloc(14);
    location.writeUInt32LE(start, 10);
    directory.push(record('PK\u0001\u0002', [20, 0], common, 0), location, Buffer.from(name));
  }
  const start = position;
  add(...directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(position - start, 12);
  end.writeUInt32LE(start, 16);
  add(end);
  return Buffer.concat(parts);
}

/** What a file's local header and its directory record share, from the needed version to the name's length. */
function commonFields(data: Uint8Array, name: string): Buffer {
  const fields = Buffer.alloc(24);
  fields.writeUInt16LE(10, 0);
  fields.writeUInt16LE(DATE, 8);
  fields.writeUInt32LE(crc32(data), 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(data.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function record(signature: string, version: readonly number[], common: Buffer, extra: number): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(extra);
  return Buffer.concat([Buffer.from(signature, 'latin1'), Buffer.from(version), common, length]);
}
