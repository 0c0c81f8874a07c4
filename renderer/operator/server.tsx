import { useState } from 'preact/hooks';
import type { SyncStatus } from '#contract';
import { status } from '../appliance.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { FormError } from '../ui/form-error.tsx';
import { HeldRemovals } from './held-removals.tsx';
import { Panel } from './panel.tsx';
import { Conflicts } from './server-conflicts.tsx';
import { JoinForm } from './server-join.tsx';
import { Joined, ParkedList } from './server-state.tsx';
import { ask } from './session.ts';
import type { Act, SyncChannel } from './sync-act.ts';
import { useLoad } from './use-load.ts';

/** The server that this device belongs to, the state of synchronisation, and the conflicts to decide. */
export function ServerTab() {
  const [sync, setSync] = useState<SyncStatus | null>(null);
  const [busy, setBusy] = useState<SyncChannel | null>(null);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const live = status.value?.sync;
  const isJoined = live !== undefined && live.state !== 'off';

  // Asked only when there is something new to list: a question counts as the operator's activity.
  useLoad(() => ask('sync.status', {}), setSync, setError, [isJoined, live?.parked, live?.conflicts]);

  const act: Act = async (channel, input, done) => {
    setBusy(channel);
    setError(null);
    try {
      const next: SyncStatus = await ask(channel, input);
      setSync(next);
      if (next.error === null) announce(done);
    } catch (failure) {
      setError(codeOf(failure));
    } finally {
      setBusy(null);
    }
  };

  return (
    <Panel name="server" title={t('server.title')}>
      <FormError text={error && errorText(error)} code={error} testId="server-error" />
      {sync && live && !isJoined && <JoinForm busy={busy !== null} act={act} />}
      {sync && live && isJoined && (
        <>
          <Joined server={sync.server} live={live} busy={busy !== null} act={act} />
          <HeldRemovals count={live.held} busy={busy !== null} act={act} />
          <Conflicts conflicts={sync.conflicts} people={sync.people} busy={busy !== null} act={act} />
          <ParkedList parked={sync.parked} busy={busy !== null} act={act} />
        </>
      )}
    </Panel>
  );
}
