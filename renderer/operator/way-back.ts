import { useLayoutEffect } from 'preact/hooks';

/** Leads to the first page of the section that is shown; null: that page is shown. */
let wayBack: (() => void) | null = null;

/** For a page that another one of its section leads to: what {@link toFirstPage} does while it is shown. */
export function useWayBack(back: () => void): void {
  useLayoutEffect(() => {
    wayBack = back;
    return () => {
      wayBack = null;
    };
  });
}

/** Leads to the first page of the section that is shown. Where it is shown already, nothing that was entered there is lost. */
export const toFirstPage = (): void => wayBack?.();
