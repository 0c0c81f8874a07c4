import { useEffect, useRef } from 'preact/hooks';
import { LIGHT_COLOURS, type LightColour, type LightSlot } from '#contract';

interface Props {
  readonly slots: readonly LightSlot[];
  /** Called once, when the first colours are painted. @param at milliseconds of the page's clock */
  readonly onShown: (at: number) => void;
}

const css = (colour: LightColour): string => `rgb(${LIGHT_COLOURS[colour].join(' ')})`;

/** The slot of a time since the beginning; the last one stays. */
function slotAt(slots: readonly LightSlot[], since: number): LightSlot | undefined {
  let end = 0;
  return slots.find(({ milliseconds }) => (end += milliseconds) > since) ?? slots.at(-1);
}

/** Shows the colours of a light challenge over the whole screen, behind the visitor's picture. */
export function LightShow({ slots, onShown }: Props) {
  const first = useRef<HTMLDivElement>(null);
  const second = useRef<HTMLDivElement>(null);
  const surround = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let shownAt: number | null = null;
    let handle = 0;
    const paint = (): void => {
      const at = performance.now();
      const isFirst = shownAt === null;
      shownAt ??= at;
      const slot = slotAt(slots, at - shownAt);
      if (slot && first.current && second.current && surround.current) {
        surround.current.dataset['split'] = slot.split;
        first.current.style.background = css(slot.colours[0]);
        second.current.style.background = css(slot.colours[1]);
      }
      if (isFirst) onShown(at);
      handle = requestAnimationFrame(paint);
    };
    handle = requestAnimationFrame(paint);
    return () => cancelAnimationFrame(handle);
  }, [slots, onShown]);
  return (
    <div ref={surround} class="light-show" data-testid="light-show" aria-hidden="true">
      <div ref={first} />
      <div ref={second} />
    </div>
  );
}
