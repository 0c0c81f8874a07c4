import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readAsset, type ResolveAsset } from '#core/assets';

const compress = promisify(gzip);

/** A file as it is sent: as it is, and compressed. */
export interface WidgetFile {
  readonly contentType: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** The files of the widget. Each is read, checked and compressed once: anybody may ask for them. */
export class WidgetFiles {
  readonly #resolve: ResolveAsset;
  readonly #read = new Map<string, Promise<WidgetFile>>();

  constructor(resolve: ResolveAsset) {
    this.#resolve = resolve;
  }

  /** Null where there is none. @throws LintelError `model-corrupt` */
  async get(path: string): Promise<WidgetFile | null> {
    const asset = this.#resolve(path);
    if (asset === null) return null;
    let file = this.#read.get(asset.file);
    if (file === undefined) {
      file = readAsset(asset).then(async (plain) => ({
        contentType: asset.contentType,
        plain,
        gzipped: await compress(plain),
      }));
      this.#read.set(asset.file, file);
      file.catch(() => this.#read.delete(asset.file));
    }
    return await file;
  }
}
