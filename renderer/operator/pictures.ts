import { useEffect, useRef, useState } from 'preact/hooks';
import { IMAGE_LIMITS, MAX_REFERENCES_PER_FACE } from '#contract';
import type { EnrolView } from './enrol-views.ts';

/** A picture chosen for enrolment, with a URL that shows it. */
export interface Picture {
  readonly url: string;
  readonly bytes: Uint8Array;
  /** What the camera was asked for; null for a file. */
  readonly view: EnrolView | null;
}

export interface Pictures {
  readonly list: readonly Picture[];
  /** Adds encoded pictures, as many as fit; returns whether all did. */
  add(blobs: readonly Uint8Array<ArrayBuffer>[], view?: EnrolView): boolean;
  discard(picture: Picture): void;
  clear(): void;
}

/** Files that are too large for the contract, apart from the rest. */
export async function readFiles(
  files: readonly File[],
): Promise<{ readonly read: Uint8Array<ArrayBuffer>[]; readonly tooLarge: readonly string[] }> {
  const fitting = files.filter((file) => file.size <= IMAGE_LIMITS.bytes);
  return {
    read: await Promise.all(fitting.map(async (file) => new Uint8Array(await file.arrayBuffer()))),
    tooLarge: files.filter((file) => file.size > IMAGE_LIMITS.bytes).map((file) => file.name),
  };
}

const revoke = (picture: Picture): void => URL.revokeObjectURL(picture.url);

/** The pictures of one enrolment; what is discarded or left behind is freed. */
export function usePictures(): Pictures {
  const [list, setList] = useState<readonly Picture[]>([]);
  const current = useRef(list);
  const set = (next: readonly Picture[]): void => {
    current.current = next;
    setList(next);
  };
  useEffect(() => () => current.current.forEach(revoke), []);
  return {
    list,
    add(blobs, view) {
      const fitting = blobs.slice(0, MAX_REFERENCES_PER_FACE - current.current.length);
      const added = fitting.map((bytes) => ({
        bytes,
        url: URL.createObjectURL(new Blob([bytes])),
        view: view ?? null,
      }));
      set([...current.current, ...added]);
      return fitting.length === blobs.length;
    },
    discard(picture) {
      revoke(picture);
      set(current.current.filter((other) => other !== picture));
    },
    clear() {
      current.current.forEach(revoke);
      set([]);
    },
  };
}
