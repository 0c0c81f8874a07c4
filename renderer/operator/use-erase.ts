import { useState } from 'preact/hooks';
import type { Face } from '#contract';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { ask } from './session.ts';

export interface Erasure {
  readonly face: Face;
  readonly onRemoved: (face: Face) => void;
  readonly onError: (code: KioskErrorCode) => void;
}

/** Erases somebody for the reason that the channel stands for. */
export function useErase(
  channel: 'people.remove' | 'people.withdraw',
  { face, onRemoved, onError }: Erasure,
): { readonly busy: boolean; readonly erase: () => Promise<void> } {
  const [busy, setBusy] = useState(false);
  const erase = async (): Promise<void> => {
    setBusy(true);
    try {
      await ask(channel, { faceId: face.faceId });
      onRemoved(face);
    } catch (failure) {
      // Somebody else was faster: gone is gone.
      if (codeOf(failure) === 'face-not-found') onRemoved(face);
      else onError(codeOf(failure));
      setBusy(false);
    }
  };
  return { busy, erase };
}
