import { useState } from 'preact/hooks';
import { status } from '../appliance.ts';
import { connection } from '../bridge/bridge.ts';
import { cameraIsDark } from '../guidance/darkness.ts';
import { t } from '../i18n.ts';
import { ObstacleScreen } from '../kiosk/obstacle.tsx';
import { useScreen } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Icon, type IconName, Mark } from '../ui/icon.tsx';
import { Keyboard } from '../ui/keyboard.tsx';
import { Enrol } from './enrol.tsx';
import { Events } from './events.tsx';
import { People } from './people.tsx';
import { PinGate } from './pin-gate.tsx';
import { signedIn, signOut } from './session.ts';
import { ServerTab } from './server.tsx';
import { SetBackNotice } from './set-back.tsx';
import { SettingsTab } from './settings.tsx';
import { StandingLine } from './standing-line.tsx';
import { Visitors } from './visitors.tsx';

const TABS = ['people', 'enrol', 'visitors', 'events', 'server', 'settings'] as const;
type Tab = (typeof TABS)[number];
const TAB_ICONS = {
  people: 'people',
  enrol: 'person',
  visitors: 'door',
  events: 'clock',
  server: 'connection',
  settings: 'sliders',
} as const satisfies Record<Tab, IconName>;

/** The operator's side, behind the PIN. */
export function Operator() {
  if (!status.value) return <Starting />;
  return signedIn.value ? <Desk /> : <PinGate />;
}

function Starting() {
  const obstacle = connection.value === 'lost' ? 'reconnecting' : 'starting';
  useScreen(obstacle);
  return (
    <main>
      <ObstacleScreen obstacle={obstacle} />
    </main>
  );
}

function Desk() {
  const [tab, setTab] = useState<Tab>('people');
  useScreen(`operator-${tab}`);
  return (
    <div class="desk">
      <header class="desk-header">
        <Mark />
        <nav class="tabs" aria-label={t('operator.tabs.label')}>
          {TABS.map((each) => (
            <button
              key={each}
              type="button"
              class="tab"
              aria-current={each === tab ? 'page' : undefined}
              data-testid={`tab-${each}`}
              onClick={() => setTab(each)}
            >
              <Icon name={TAB_ICONS[each]} />
              {t(`operator.tabs.${each}`)}
            </button>
          ))}
        </nav>
        <Button tone="quiet" testId="sign-out" onClick={() => void signOut()}>
          {t('operator.signOut')}
        </Button>
      </header>
      {status.value?.modelChange && (
        <p class="banner" role="note" data-testid="model-change">
          <span class="spinner" />
          {t('operator.modelChange', status.value.modelChange)}
        </p>
      )}
      {cameraIsDark.value && (
        <p class="banner" role="status" data-testid="camera-dark">
          <Icon name="camera-off" />
          {t('operator.cameraDark')}
        </p>
      )}
      {connection.value === 'lost' && (
        <p class="banner" role="status" data-testid="reconnecting">
          <span class="spinner" />
          {t('reconnecting.hint')}
        </p>
      )}
      {tab !== 'server' && <StandingLine onOpen={() => setTab('server')} />}
      <main class="desk-main">
        <SetBackNotice />
        {tab === 'people' && <People />}
        {tab === 'enrol' && <Enrol />}
        {tab === 'visitors' && <Visitors />}
        {tab === 'events' && <Events />}
        {tab === 'server' && <ServerTab />}
        {tab === 'settings' && <SettingsTab />}
      </main>
      <Keyboard />
    </div>
  );
}
