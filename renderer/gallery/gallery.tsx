import { signal } from '@preact/signals';
import { render } from 'preact';
import { useRef } from 'preact/hooks';
import { LANGUAGES, Settings, type Language } from '#contract';
import { status } from '../appliance.ts';
import { cameraStatus, cameraStream } from '../camera/camera.ts';
import { cameraIsDark } from '../guidance/darkness.ts';
import { type GuidanceCode, NO_GUIDANCE } from '../guidance/guidance.ts';
import { setLanguage } from '../i18n.ts';
import { KioskController } from '../kiosk/kiosk-controller.ts';
import { ATTRACT, type KioskState } from '../kiosk/kiosk-state.ts';
import { KioskScreen } from '../kiosk/kiosk.tsx';
import { Announcer } from '../ui/announce.tsx';
import { NotLockedDown } from '../ui/not-locked-down.tsx';
import type { Obstacle } from '../screen.ts';
import { STATES } from './states.ts';
import '../styles/index.ts';

/** Every screen of a visitor, drawn by the kiosk's own components, without an appliance: for the tests and the pictures. */

declare global {
  interface Window {
    /** For the script that opened this page. */
    readonly gallery: typeof gallery;
  }
}

const state = signal<KioskState>(ATTRACT);
const guidance = signal<GuidanceCode>(NO_GUIDANCE.code);

/** Stays where it is put. */
class StillController extends KioskController {
  override get state() {
    return state;
  }

  override get guidance() {
    return guidance;
  }
}

const kiosk = new StillController(null, null);
const SUMMARY = { state: 'off', queue: 0, lastSuccess: null, nextTry: null, error: null, held: 0 } as const;

function Screen({ blocked }: { readonly blocked: Obstacle | null }) {
  const video = useRef<HTMLVideoElement>(null);
  return (
    <>
      <KioskScreen {...{ video, kiosk, state: state.value, blocked }} />
      <NotLockedDown />
      <Announcer />
    </>
  );
}

cameraStatus.value = 'live';

const root = document.getElementById('app')!;

const gallery = {
  names: [...STATES.keys()],
  languages: LANGUAGES,

  /**
   * Shows a screen. It is drawn when this returns.
   * @param isLockedDown whether it is a kiosk for visitors with a keyboard, which is said below it otherwise
   */
  show(name: string, language: Language, isLockedDown = false): void {
    const shown = STATES.get(name)!();
    state.value = shown.state;
    guidance.value = shown.guidance ?? NO_GUIDANCE.code;
    cameraIsDark.value = shown.dark ?? false;
    status.value = {
      version: '',
      settings: Settings.parse({ ...shown.settings, sound: false, language }),
      assurance: shown.assurance ?? 'steps',
      enrolledCount: 2,
      pinIsSet: true,
      pausedForMs: 0,
      faceIsOff: false,
      modelChange: null,
      sync: { ...SUMMARY, parked: 0, conflicts: 0, progress: null },
      setBack: null,
      lockdownGaps: isLockedDown ? [] : ['opened-by-hand'],
      doorDirection: null,
      isTellingFailing: false,
    };
    setLanguage(language);
    // A screen of its own: nothing of the one before stays.
    render(null, root);
    render(<Screen blocked={shown.blocked ?? null} key={name} />, root);
  },

  /**
   * Names of screens of which none is built like another: of those that are, the one with the longest text in a language.
   * @returns each with the language
   */
  longest(languages: readonly Language[]): { name: string; language: Language }[] {
    const found = new Map<string, { name: string; language: Language; length: number }>();
    for (const name of STATES.keys())
      for (const language of languages) {
        gallery.show(name, language);
        const built = [...root.querySelectorAll('*')].map(
          ({ tagName, classList }) => `${tagName} ${classList.value}`,
        );
        const key = built.join();
        const { length } = root.textContent;
        if (length > (found.get(key)?.length ?? 0)) found.set(key, { name, language, length });
      }
    return [...found.values()];
  },

  /** Opens the camera for the pictures. */
  async openCamera(): Promise<void> {
    cameraStream.value = await navigator.mediaDevices.getUserMedia({ video: true });
  },
};

Object.assign(window, { gallery });
