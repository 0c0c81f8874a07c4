import { useEffect } from 'preact/hooks';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';

/** Loads what a page shows, and again when `inputs` change; an answer that comes later than that is dropped. */
export function useLoad<T>(
  load: () => Promise<T>,
  onLoaded: (loaded: T) => void,
  onError: (code: KioskErrorCode) => void,
  inputs: readonly unknown[],
): void {
  useEffect(() => {
    let wanted = true;
    load().then(
      (loaded) => wanted && onLoaded(loaded),
      (failure: unknown) => wanted && onError(codeOf(failure)),
    );
    return () => {
      wanted = false;
    };
  }, inputs);
}
