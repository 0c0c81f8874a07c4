import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { PIN_LENGTH } from '#contract';
import { formatNumber, t } from '../i18n.ts';
import { Icon } from './icon.tsx';
import { digitOf } from './digits.ts';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

interface Props {
  readonly title: string;
  readonly hint: string;
  readonly error: string | null;
  readonly busy: boolean;
  /** How many digits there can be. */
  readonly length?: { readonly least: number; readonly most: number };
  readonly onPin: (pin: string) => void;
  readonly onBack: () => void;
}

/** Large keys for a PIN or a code; the keyboard works too. The digits are never shown. */
export function PinPad({ title, hint, error, busy, length = PIN_LENGTH, onPin, onBack }: Props) {
  const [pin, setPin] = useState('');
  const complete = pin.length >= length.least && !busy;

  const press = (digit: string): void => setPin((now) => (now + digit).slice(0, length.most));
  const erase = (): void => setPin((now) => now.slice(0, -1));
  const submit = (): void => {
    if (!complete) return;
    setPin('');
    onPin(pin);
  };

  // The focus rests on the pad, also after a touch, so that Enter confirms; a key that was tabbed to acts for itself.
  const pad = useRef<HTMLElement>(null);
  const keys = useRef<(event: KeyboardEvent) => void>(() => undefined);
  keys.current = (event) => {
    const digit = digitOf(event.key);
    const onButton = event.target instanceof HTMLButtonElement;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (digit !== null) press(digit);
    else if (event.key === 'Backspace') erase();
    else if (event.key === 'Escape') onBack();
    else if (event.key === 'Enter' && !onButton) submit();
  };
  // Before the pad is painted: a user who keeps typing from one pad to the next loses no digit.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => keys.current(event);
    addEventListener('keydown', onKey);
    pad.current?.focus();
    return () => removeEventListener('keydown', onKey);
  }, []);

  return (
    <section ref={pad} class="pin" tabIndex={-1} aria-labelledby="pin-title" data-testid="pin">
      <div class="pin-words">
        <h1 id="pin-title" class="pin-title">
          {title}
        </h1>
        <div class="pin-said">
          <p class="pin-hint">{hint}</p>
          <p class="pin-error" role="alert" data-testid="pin-error">
            {error}
          </p>
        </div>
      </div>
      <div class="pin-dots" dir="ltr" role="img" aria-label={t('pin.digits', { count: pin.length })}>
        {Array.from({ length: Math.max(length.least, pin.length) }, (_, i) => (
          <span key={i} class={i < pin.length ? 'pin-dot pin-dot-set' : 'pin-dot'} />
        ))}
      </div>
      <div class="pin-keys" dir="ltr" onPointerDown={(event) => event.preventDefault()}>
        {KEYS.map((digit) => (
          <PinKey key={digit} digit={digit} onPress={press} />
        ))}
        <button
          type="button"
          class="pin-key"
          aria-label={t('pin.delete')}
          data-testid="pin-delete"
          onClick={erase}
        >
          <Icon name="backspace" />
        </button>
        <PinKey digit="0" onPress={press} />
        <button
          type="button"
          class="pin-key pin-key-confirm"
          aria-label={t('pin.confirm')}
          aria-disabled={!complete}
          data-testid="pin-confirm"
          onClick={submit}
        >
          <Icon name="check" />
        </button>
      </div>
      <button type="button" class="button button-quiet" data-testid="pin-back" onClick={onBack}>
        {t('pin.back')}
      </button>
    </section>
  );
}

function PinKey({ digit, onPress }: { readonly digit: string; readonly onPress: (digit: string) => void }) {
  return (
    <button type="button" class="pin-key" data-testid={`pin-${digit}`} onClick={() => onPress(digit)}>
      {formatNumber(Number(digit))}
    </button>
  );
}
