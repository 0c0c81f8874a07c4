import type { ComponentChildren } from 'preact';
import { type TextKey, t } from '../i18n.ts';
import type { Obstacle } from '../screen.ts';
import type { IconName } from '../ui/icon.tsx';
import { Message } from '../ui/message.tsx';

const LOOKS = {
  starting: { icon: null, title: 'starting.title', hint: 'starting.hint' },
  reconnecting: { icon: 'connection', title: 'reconnecting.title', hint: 'reconnecting.hint' },
  'camera-missing': { icon: 'camera-off', title: 'camera.missing.title', hint: 'camera.missing.hint' },
  'camera-lost': { icon: 'camera-off', title: 'camera.lost.title', hint: 'camera.lost.hint' },
  'camera-denied': { icon: 'lock', title: 'camera.denied.title', hint: 'camera.denied.hint' },
  'vision-failed': { icon: 'straight', title: 'camera.vision.title', hint: 'camera.vision.hint' },
  'set-back': { icon: 'lock', title: 'setBack.title', hint: 'setBack.hint' },
} as const satisfies Record<Obstacle, { icon: IconName | null; title: TextKey; hint: TextKey }>;

interface Props {
  readonly obstacle: Obstacle;
  /** Another way in. */
  readonly children?: ComponentChildren;
}

/** Why no face can be received now. All of these but a store that was set back end by themselves. */
export function ObstacleScreen({ obstacle, children }: Props) {
  const { icon, title, hint } = LOOKS[obstacle];
  return (
    <Message kind="plain" icon={icon} testId="obstacle" spoken={`${t(title)}. ${t(hint)}`} ways={children}>
      <h1 class="display">{t(title)}</h1>
      <p class="lead">{t(hint)}</p>
    </Message>
  );
}
