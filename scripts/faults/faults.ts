/** What can break under an appliance, what must hold then, and the test that breaks it. */
export interface Fault {
  readonly fault: string;
  readonly holds: string;
  /** From the project's folder. */
  readonly file: string;
  /** Title of the test, within its file. */
  readonly test: string;
}

export const FAULTS: readonly Fault[] = [
  {
    fault: 'appliance killed during a pulse, the relay bounds it',
    holds: 'the door shuts by itself',
    file: 'main/doors/actuators.test.ts',
    test: 'leaves a door that shuts by itself, for its program hears no more of Lintel',
  },
  {
    fault: 'appliance killed during a pulse, the relay does not bound it',
    holds: 'the next start shuts the door first',
    file: 'main/doors/actuators.test.ts',
    test: 'leaves a door that the next start shuts, where the device cannot',
  },
  {
    fault: 'appliance killed during a pulse, relay behind MQTT',
    holds: 'the broker shuts the door',
    file: 'main/doors/mqtt.test.ts',
    test: 'is shut by the broker when the process is killed in the middle of a pulse',
  },
  {
    fault: 'broker stopped (Mosquitto), relay behind it',
    holds: 'no pulse, then or later',
    file: 'main/doors/mqtt.test.ts',
    test: 'behind a broker that is away is not opened, nor later when it is back',
  },
  {
    fault: 'broker stopped (Mosquitto), events told to it',
    holds: 'no event is lost',
    file: 'main/doors/mqtt.test.ts',
    test: 'are published with what Home Assistant reads, and none is lost while the broker is away',
  },
  {
    fault: 'webhook receiver fails for minutes',
    holds: 'all events in order once it takes them',
    file: 'main/doors/event-targets.test.ts',
    test: 'tells in order what was not taken, after a rest that doubles to a quarter of an hour',
  },
  {
    fault: 'appliance killed 20 times while it tells events',
    holds: 'no event is lost',
    file: 'main/doors/event-targets.test.ts',
    test: 'tells in the background, also what a process that was killed had kept',
  },
  {
    fault: 'mail server refuses some letters',
    holds: 'they are sent again, the others at once',
    file: 'main/doors/mail.test.ts',
    test: 'tries again what the server does not take now, and goes on behind a host it does not know',
  },
  {
    fault: 'appliance killed 5 times while it writes mail',
    holds: 'no letter is lost or doubled',
    file: 'main/doors/mail.test.ts',
    test: 'loses nothing of what a process that was killed had kept',
  },
  {
    fault: 'disk full, from a small file system',
    holds: 'enrolment is refused, recognition goes on',
    file: 'test/disk/full-disk.test.ts',
    test: 'enrolment is refused early, everything else goes on, recognition to the last',
  },
  {
    fault: 'disk full when the appliance starts',
    holds: 'it starts and recognises',
    file: 'test/disk/unwritable-disk.test.ts',
    test: 'since it is full, an appliance starts',
  },
  {
    fault: 'disk turns read-only under a running store',
    holds: 'people are recognised, also after a restart',
    file: 'test/disk/unwritable-disk.test.ts',
    test: 'since it failed under a running store, people are recognised, also after a restart',
  },
  {
    fault: 'appliance killed (SIGKILL)',
    holds: 'it starts again on the same folder',
    file: 'test/shell/process.test.ts',
    test: 'refuses a second one on its folder, and starts again after a crash',
  },
  {
    fault: 'appliance stopped (SIGSTOP), then hung in a loop',
    holds: 'it is started again each time, its page goes on',
    file: 'test/shell/watchdog.test.ts',
    test: 'that hangs is started again, and its page goes on without another browser',
  },
  {
    fault: 'recognition thread killed with a picture',
    holds: 'that picture is an error, the next is analysed',
    file: 'core/recognition/recognizer.test.ts',
    test: 'loses the image of a thread that ends, and no other',
  },
  {
    fault: 'browser killed',
    holds: 'another is opened',
    file: 'test/shell/screen.test.ts',
    test: 'is opened again when it is killed',
  },
  {
    fault: 'camera unplugged',
    holds: 'the screen says so, and goes on when it is back',
    file: 'test/e2e/kiosk.test.ts',
    test: 'notices that the camera is lost, and goes on when it is back',
  },
];
