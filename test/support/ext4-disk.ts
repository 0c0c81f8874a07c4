import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, ftruncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A disk of 48 MB of its own, with a journal, that can be made to refuse changes. */
export interface Ext4Disk {
  readonly folder: string;
  /** Nothing may be open on it for writing. */
  remount(mode: 'ro' | 'rw'): void;
  /** As the system does on finding an error: the disk turns read-only while programs use it. */
  fail(): void;
  /** Takes whatever room is left. @returns gives it back */
  fillUp(): () => void;
  remove(): void;
}

/** Null where there are no loop devices, or without the rights of the administrator. */
export function mountExt4Disk(): Ext4Disk | null {
  const root = mkdtempSync(join(tmpdir(), 'lintel-ext4-'));
  const folder = join(root, 'disk');
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  try {
    const image = openSync(join(root, 'image'), 'w');
    ftruncateSync(image, 48 * 2 ** 20);
    closeSync(image);
    run('mkfs.ext4', '-q', '-F', '-m', '0', join(root, 'image'));
    run('mkdir', folder);
    run('mount', '-o', 'loop,errors=remount-ro', join(root, 'image'), folder);
  } catch {
    rmSync(root, { recursive: true });
    return null;
  }
  return {
    folder,
    remount: (mode) => void run('mount', '-o', `remount,${mode}`, folder),
    fail: () => {
      const device = basename(run('findmnt', '-no', 'SOURCE', folder).trim());
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'test');
    },
    fillUp: () => {
      const filler = join(folder, 'filler');
      const file = openSync(filler, 'w');
      for (const size of [1 << 20, 4096, 1]) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size));
        } catch {
          // In smaller pieces, then.
        }
      }
      closeSync(file);
      return () => rmSync(filler);
    },
    remove: () => {
      run('umount', '--lazy', folder);
      rmSync(root, { recursive: true });
    },
  };
}
