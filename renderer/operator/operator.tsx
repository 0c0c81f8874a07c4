import { useState } from 'preact/hooks';
import type { OperatorChannel, ShownFace } from '#contract';
import { status } from '../appliance.ts';
import { connection } from '../bridge/bridge.ts';
import { cameraIsDark } from '../guidance/darkness.ts';
import { t } from '../i18n.ts';
import { ObstacleScreen } from '../kiosk/obstacle.tsx';
import { useScreen } from '../ui/announce.tsx';
import { Icon, type IconName, Mark } from '../ui/icon.tsx';
import { Keyboard } from '../ui/keyboard.tsx';
import { Enrol } from './enrol.tsx';
import { Events } from './events.tsx';
import { People } from './people.tsx';
import { PinGate } from './pin-gate.tsx';
import { may, operator, signOut } from './session.ts';
import { ServerTab } from './server.tsx';
import { SetBackNotice } from './set-back.tsx';
import { OwnSettings, SettingsTab } from './settings.tsx';
import { StandingLine } from './standing-line.tsx';
import { Visitors } from './visitors.tsx';
import { toFirstPage } from './way-back.ts';

/** The pages, and what an operator must be allowed to do there; of the settings, everybody has their own PIN. */
const TABS = {
  people: 'people.list',
  enrol: 'people.enrol',
  visitors: 'visitors.list',
  events: 'events.list',
  server: 'sync.status',
  settings: null,
} as const satisfies Record<string, OperatorChannel | null>;
type Tab = keyof typeof TABS;
const tabsOf = (): Tab[] =>
  (Object.keys(TABS) as Tab[]).filter((tab) => {
    const channel = TABS[tab];
    return channel === null || may(channel);
  });
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
  return operator.value ? <Desk key={operator.value.operatorId} /> : <PinGate />;
}

function Starting() {
  const obstacle = connection.value === 'lost' ? 'reconnecting' : 'starting';
  useScreen(obstacle);
  return (
    <main class="kiosk">
      <ObstacleScreen obstacle={obstacle} />
    </main>
  );
}

function Desk() {
  const tabs = tabsOf();
  const [tab, setTab] = useState<Tab>(tabs[0]!);
  /** Somebody just enrolled, who is to get more pictures. */
  const [toAdd, setToAdd] = useState<ShownFace | null>(null);
  useScreen(`operator-${tab}`);
  const open = (next: Tab, face: ShownFace | null = null): void => {
    setTab(next);
    setToAdd(face);
  };
  return (
    <div class="desk">
      <header class="desk-top">
        <div class="desk-header">
          <Mark />
          <nav class="tabs" aria-label={t('operator.tabs.label')}>
            {tabs.map((each) => (
              <button
                key={each}
                type="button"
                class="tab"
                aria-current={each === tab ? 'page' : undefined}
                data-testid={`tab-${each}`}
                onClick={() => (each === tab ? toFirstPage() : open(each))}
              >
                <Icon name={TAB_ICONS[each]} />
                {t(`operator.tabs.${each}`)}
              </button>
            ))}
          </nav>
          <button
            type="button"
            class="tab tab-sign-out"
            data-testid="sign-out"
            onClick={() => void signOut()}
          >
            <Icon name="leave" />
            {t('operator.signOut')}
          </button>
        </div>
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
        {status.value?.isTellingFailing && may('events.list') && (
          <p class="banner" role="status" data-testid="telling-fails">
            <Icon name="connection" />
            {t('operator.tellingFails')}
          </p>
        )}
        {tab !== 'server' && may('sync.status') && <StandingLine onOpen={() => open('server')} />}
      </header>
      <main class="desk-main">
        {may('store.settle-set-back') && <SetBackNotice />}
        {tab === 'people' && <People toAdd={toAdd} />}
        {tab === 'enrol' && <Enrol onAddPictures={(face) => open('people', face)} />}
        {tab === 'visitors' && <Visitors />}
        {tab === 'events' && <Events />}
        {tab === 'server' && <ServerTab />}
        {tab === 'settings' && (may('settings.update') ? <SettingsTab /> : <OwnSettings />)}
      </main>
      <Keyboard />
    </div>
  );
}
