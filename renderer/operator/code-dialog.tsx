import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { QrCode } from '../ui/qr-code.tsx';

interface Props {
  /** Whose code it is. */
  readonly name: string;
  readonly code: string;
  readonly hint: string;
  readonly testIds: { readonly code: string; readonly done: string };
  readonly onClose: () => void;
}

/** Digits in twos are easier to read out and to write down. */
const spaced = (code: string): string => code.replace(/(..)(?=.)/g, '$1 ');

/** Shows an access code, this once. */
export function CodeDialog({ name, code, hint, testIds, onClose }: Props) {
  return (
    <Dialog labelledBy="code-title" onClose={onClose}>
      <h2 id="code-title">{t('people.codeShown', { name })}</h2>
      <div class="shown-code">
        <QrCode text={code} label={t('people.codeQr')} testId="code-qr" />
        <p class="given-code" dir="ltr" data-testid={testIds.code} data-code={code}>
          {spaced(code)}
        </p>
        <p>{hint}</p>
      </div>
      <div class="dialog-buttons">
        <Button tone="primary" testId={testIds.done} onClick={onClose}>
          {t('people.codeDone')}
        </Button>
      </div>
    </Dialog>
  );
}
