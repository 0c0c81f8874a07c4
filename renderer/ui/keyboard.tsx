import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Language } from '#contract';
import { language, t } from '../i18n.ts';
import { IconButton } from './button.tsx';
import { Icon } from './icon.tsx';
import { isMark, KEYBOARD_ROWS, type Layout, typed } from './keyboard-layout.ts';

/** Id of the text field that the on-screen keyboard writes to; null while it is hidden. */
const target = signal<string | null>(null);

/** The layouts to choose from where the screen speaks a language: Latin letters as its keyboards have them, and the rest. */
const layoutsOf = (spoken: Language): Layout[] => [spoken === 'ar' ? 'en' : spoken, 'accents', 'ar'];
const labelOf = (layout: Layout): string => (layout === 'accents' ? 'éß' : layout === 'ar' ? 'أبج' : 'ABC');

function write(change: (field: HTMLInputElement, start: number, end: number) => void): void {
  const field = document.getElementById(target.peek() ?? '');
  if (!(field instanceof HTMLInputElement)) return;
  field.focus();
  change(field, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

const insert = (key: string): void =>
  write((field, start, end) => {
    const { text, caret } = typed(field.value, [start, end], key, field.maxLength);
    field.value = text;
    field.setSelectionRange(caret, caret);
  });

const erase = (): void =>
  write((field, start, end) =>
    field.setRangeText('', start === end ? Math.max(0, start - 1) : start, end, 'end'),
  );

/** Beside a text field: shows and hides the keyboard for it. */
export function KeyboardToggle({ target: id }: { readonly target: string }) {
  const shown = target.value === id;
  const toggle = (): void => {
    target.value = shown ? null : id;
    document.getElementById(id)?.focus();
  };
  useEffect(
    () => () => {
      if (target.peek() === id) target.value = null;
    },
    [id],
  );
  return (
    <IconButton
      icon="keyboard"
      label={t(shown ? 'keyboard.hide' : 'keyboard.show')}
      pressed={shown}
      testId="keyboard-toggle"
      onClick={toggle}
    />
  );
}

/** A keyboard on the screen, for kiosks without one. */
export function Keyboard() {
  const [layout, setLayout] = useState<Layout>(language.value);
  const [shift, setShift] = useState(false);
  // It takes room from the page: its field may be below it now.
  useEffect(() => {
    document.getElementById(target.value ?? '')?.scrollIntoView({ block: 'center' });
  }, [target.value]);
  if (target.value === null) return null;
  const layouts = layoutsOf(language.value);
  const other = layouts[(layouts.indexOf(layout) + 1) % layouts.length]!;
  const press = (key: string): void => {
    insert(shift ? key.toUpperCase() : key);
    setShift(false);
  };
  return (
    // The field keeps the focus while the keys are touched.
    <div
      class="keyboard"
      role="region"
      aria-label={t('keyboard.label')}
      dir="ltr"
      data-testid="keyboard"
      onPointerDown={(event) => event.preventDefault()}
    >
      {KEYBOARD_ROWS[layout].map((row) => (
        <div key={row} class={`keyboard-row keyboard-row-${layout}`}>
          {row.split('').map((key) => (
            <button key={key} type="button" class="key" onClick={() => press(key)}>
              {isMark(key) ? `◌${key}` : shift ? key.toUpperCase() : key}
            </button>
          ))}
        </div>
      ))}
      <div class="keyboard-row">
        <button
          type="button"
          class="key key-wide"
          aria-label={t('keyboard.switch')}
          onClick={() => setLayout(other)}
        >
          {labelOf(other)}
        </button>
        <button
          type="button"
          class="key key-wide"
          aria-label={t('keyboard.shift')}
          aria-pressed={shift}
          disabled={layout === 'ar'}
          onClick={() => setShift(!shift)}
        >
          ⇧
        </button>
        <button type="button" class="key key-space" onClick={() => insert(' ')}>
          {t('keyboard.space')}
        </button>
        <button type="button" class="key key-wide" aria-label={t('keyboard.backspace')} onClick={erase}>
          <Icon name="backspace" />
        </button>
      </div>
    </div>
  );
}
