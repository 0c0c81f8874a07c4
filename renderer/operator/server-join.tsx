import { useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { Tick } from '../ui/tick.tsx';
import type { Act } from './sync-act.ts';
import { addressOf } from './sync-words.ts';

/** Address, pairing code and name: what it takes to join a server. */
export function JoinForm({ busy, act }: { readonly busy: boolean; readonly act: Act }) {
  const [address, setAddress] = useState('');
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [allowHttp, setAllowHttp] = useState(false);
  const [tried, setTried] = useState(false);
  const origin = addressOf(address);
  const isOpen = origin?.startsWith('http:') ?? false;
  const isComplete = code.trim() !== '' && name.trim() !== '';

  const submit = (event: Event): void => {
    event.preventDefault();
    setTried(true);
    if (origin === null || !isComplete) return;
    void act(
      'sync.join',
      { origin, code: code.trim(), name: name.trim(), allowHttp: isOpen && allowHttp },
      t('server.joined'),
    );
  };
  return (
    <form class="server-join" data-testid="join" onSubmit={submit}>
      <p>{t('server.joinText')}</p>
      <TextField
        label={t('server.address')}
        value={address}
        onValue={setAddress}
        hint={t('server.addressHint')}
        error={tried && origin === null ? t('server.addressInvalid') : null}
        maxLength={500}
        latin
        testId="join-address"
      />
      {isOpen && (
        <Tick kind="choice" value={allowHttp} testId="join-allow-http" onValue={setAllowHttp}>
          <span class="choice-text">
            <span class="choice-name">{t('server.allowHttp')}</span>
            <span class="hint">{t('server.allowHttpHint')}</span>
          </span>
        </Tick>
      )}
      <TextField
        label={t('server.code')}
        value={code}
        onValue={setCode}
        hint={t('server.codeHint')}
        error={tried && code.trim() === '' ? t('server.codeMissing') : null}
        maxLength={64}
        latin
        testId="join-code"
      />
      <TextField
        label={t('server.name')}
        value={name}
        onValue={setName}
        hint={t('server.nameHint')}
        error={tried && name.trim() === '' ? t('server.nameMissing') : null}
        testId="join-name"
      />
      <Button tone="primary" disabled={busy} testId="join-submit">
        {t(busy ? 'server.joining' : 'server.join')}
      </Button>
    </form>
  );
}
