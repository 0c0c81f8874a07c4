import { useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { status } from '../appliance.ts';
import { call } from '../bridge/bridge.ts';
import { cameraIsDark } from '../guidance/darkness.ts';
import { watchFaces } from '../guidance/watch.ts';
import { leavesCodes, obstacle, type Obstacle, showView } from '../screen.ts';
import { play } from '../sound.ts';
import { forgetVisitor, isWaiting } from '../visitor-language.ts';
import { useScreen } from '../ui/announce.tsx';
import { Attract, OperatorButton } from './attract.tsx';
import { CodeReader } from '../camera/code-reader.ts';
import { encodeJpeg } from '../camera/picture.ts';
import { CodeEntry } from './code-entry.tsx';
import { CoverLook } from './cover-look.ts';
import { Guide, UseCode } from './guide.tsx';
import { choosesWay } from './house.ts';
import { KioskController, pauseOf } from './kiosk-controller.ts';
import { isByCode, type KioskState } from './kiosk-state.ts';
import { AlternativeScreen, NoticeScreen } from './notice.tsx';
import { ObstacleScreen } from './obstacle.tsx';
import { ComparedOutcome, NoAccess, NotRecognised, TryAgain, Welcome } from './outcomes.tsx';
import { PausedScreen } from './paused.tsx';

const OPERATOR_KEY = 'F2';

/** What is to be mended in a picture, as the appliance sees it. */
const look = async (picture: VideoFrame) =>
  (await call('visit.look', { image: await encodeJpeg(picture) })).hints;

/** What stands in the way of the visitor of now, if anything. */
const hindered = (state: KioskState, found: Obstacle | null): Obstacle | null =>
  found !== null && leavesCodes(found) && isByCode(state) ? null : found;

/** Whether there is one way to begin, which the keyboard takes as well. */
function mayStart(): boolean {
  const known = status.peek();
  return known !== null && known.settings.mode !== 'enrolment' && !choosesWay(known);
}

/** Everything a visitor sees. The camera picture is always there, under whatever covers it. */
export function Kiosk() {
  const video = useRef<HTMLVideoElement>(null);
  const kiosk = useMemo(
    () => new KioskController(new CoverLook(look), (onText) => new CodeReader(onText)),
    [],
  );
  const state = kiosk.state.value;
  const blocked = hindered(state, obstacle.value);
  const screen = blocked ?? state.screen;
  const guiding = screen === 'guide' || screen === 'recognising';

  useEffect(() => kiosk.run(), [kiosk]);
  useEffect(() => forgetVisitor, []);
  useEffect(() => isWaiting(screen === 'attract'), [screen]);
  useEffect(() => {
    if (!video.current) return undefined;
    return watchFaces(video.current, kiosk.pace, (sight) => {
      if (!obstacle.peek()) kiosk.see(sight);
    });
  }, [kiosk]);
  useSignalEffect(() => {
    if (hindered(kiosk.state.peek(), obstacle.value)) kiosk.interrupt();
  });
  useSignalEffect(() => {
    if (status.value) kiosk.pause(pauseOf(status.value));
  });
  useSignalEffect(() => {
    // For the appliance's log. Nothing waits for the answer.
    call('camera.report', { dark: cameraIsDark.value }).catch(() => undefined);
  });
  useEffect(() => {
    const tone = screen === 'welcome' || screen === 'not-recognised' ? screen : null;
    if (tone && status.peek()?.settings.sound) void play(tone);
  }, [screen]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // From every screen: a visit that is under way ends with this one.
      if (event.key === OPERATOR_KEY && status.peek()) showView('operator');
      // Without a button in focus, the keyboard acts like a touch on the screen's only one.
      const starts = event.key === 'Enter' || event.key === ' ';
      if (starts && !blocked && event.target === document.body && mayStart()) kiosk.start();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [kiosk, blocked]);
  useScreen(screen, guiding ? kiosk.guidance.value : undefined);

  return <KioskScreen {...{ video, kiosk, state, blocked }} />;
}

interface KioskScreenProps {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly kiosk: KioskController;
  readonly state: KioskState;
  /** What stands in the visitor's way. */
  readonly blocked: Obstacle | null;
}

/** Where a visitor is asked something, is decided on, or goes in: nothing else is to be touched there. */
const WITHOUT_LOCK: ReadonlySet<string> = new Set<KioskState['screen']>(['notice', 'recognising', 'welcome']);

/** What a visitor sees in one state. */
export function KioskScreen({ video, kiosk, state, blocked }: KioskScreenProps) {
  const screen = blocked ?? state.screen;
  return (
    <main class="kiosk" data-testid="kiosk">
      <Guide video={video} kiosk={kiosk} shown={screen === 'guide' || screen === 'recognising'} />
      {blocked && (
        <ObstacleScreen obstacle={blocked}>
          {leavesCodes(blocked) && <UseCode onUse={kiosk.useCode} />}
        </ObstacleScreen>
      )}
      {screen === 'attract' && (
        <Attract
          isSeen={state.screen === 'attract' && state.seenSince !== null}
          onStart={kiosk.start}
          onStartWay={kiosk.startWay}
          onUseCode={kiosk.useCode}
        />
      )}
      {!blocked && state.screen === 'notice' && <NoticeScreen kiosk={kiosk} />}
      {!blocked && state.screen === 'alternative' && (
        <AlternativeScreen kiosk={kiosk} called={state.called} />
      )}
      {!blocked && state.screen === 'welcome' && <Welcome {...state} />}
      {!blocked && state.screen === 'no-access' && <NoAccess reason={state.reason} />}
      {!blocked && state.screen === 'not-recognised' && (
        <NotRecognised
          emptyGallery={state.emptyGallery}
          hints={state.hints}
          onRetry={kiosk.start}
          onUseCode={kiosk.useCode}
        />
      )}
      {!blocked && state.screen === 'try-again' && (
        <TryAgain reason={state.reason} hints={state.hints} onRetry={kiosk.start} onUseCode={kiosk.useCode} />
      )}
      {!blocked && state.screen === 'compared' && <ComparedOutcome result={state.result} />}
      {!blocked && state.screen === 'code' && <CodeEntry state={state} kiosk={kiosk} />}
      {!blocked && state.screen === 'paused' && (
        <PausedScreen until={state.until} onUseCode={kiosk.useCode} />
      )}
      {status.value && !WITHOUT_LOCK.has(screen) && <OperatorButton />}
    </main>
  );
}
