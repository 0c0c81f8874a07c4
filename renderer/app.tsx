import { Kiosk } from './kiosk/kiosk.tsx';
import { Operator } from './operator/operator.tsx';
import { view } from './screen.ts';
import { Announcer } from './ui/announce.tsx';
import { NotLockedDown } from './ui/not-locked-down.tsx';

export function App() {
  return (
    <>
      {view.value === 'operator' ? <Operator /> : <Kiosk />}
      <NotLockedDown />
      <Announcer />
    </>
  );
}
