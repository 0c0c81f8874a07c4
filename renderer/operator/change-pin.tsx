import { useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Remark } from '../ui/remark.tsx';
import { NewPinDialog } from './new-pin.tsx';
import { ask } from './session.ts';

/** The PIN of the operator who is signed in: the current one, then the new one twice. */
export function ChangePin() {
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState(false);
  const change = async (pin: string, currentPin: string): Promise<void> => {
    await ask('operator.set-pin', { pin, currentPin });
    setOpen(false);
    setDone(true);
    announce(t('settings.pinChanged'));
  };
  const start = (): void => {
    setDone(false);
    setOpen(true);
  };
  return (
    <div class="setting">
      <span class="setting-name">{t('settings.pin')}</span>
      <Button tone="secondary" testId="change-pin" onClick={start}>
        {t('settings.changePin')}
      </Button>
      {done && <Remark kind="saved" text={t('settings.pinChanged')} testId="pin-changed" />}
      {open && <NewPinDialog asksCurrent onClose={() => setOpen(false)} onChosen={change} />}
    </div>
  );
}
