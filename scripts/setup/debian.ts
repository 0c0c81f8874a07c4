import { spawnSync } from 'node:child_process';
import { say } from './paths.ts';

/** A program that Debian packages bring. */
interface Program {
  readonly names: readonly string[];
  readonly packages: readonly string[];
  readonly purpose: string;
}

export const CHROMIUM: Program = {
  names: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  packages: ['chromium', 'fonts-noto-core'],
  purpose: 'a browser for the kiosk screen and the end-to-end tests',
};

export const STILL_CAMERA: Program = {
  names: ['fswebcam'],
  packages: ['fswebcam'],
  purpose: 'pictures from a camera without a screen',
};

const CURL: Program = {
  names: ['curl'],
  packages: ['curl'],
  purpose: 'the examples of the Realeyes API in the tests',
};

const MOSQUITTO: Program = {
  // Of the system's own programs, which not everybody has in their path.
  names: ['mosquitto', '/usr/sbin/mosquitto'],
  packages: ['mosquitto'],
  purpose: 'a broker for the tests of doors by MQTT',
};

const POSTGRESQL: Program = {
  // Debian keeps the server's own programs out of everybody's path.
  names: ['postgres', '/usr/lib/postgresql/*/bin/postgres'],
  packages: ['postgresql'],
  purpose: 'a database for the tests of the store on PostgreSQL',
};

const OPENSSL: Program = {
  names: ['openssl'],
  packages: ['openssl'],
  purpose: 'a certificate for the test of the server behind TLS',
};

const IPROUTE: Program = {
  names: ['ip'],
  packages: ['iproute2'],
  purpose: 'the test of two hosts with a bad line between them',
};

export const X_SERVER: Program = {
  names: ['Xorg'],
  packages: ['xserver-xorg-core', 'xserver-xorg-video-dummy', 'xkb-data'],
  purpose: 'a display and a touch screen for the escape drill',
};

export const X_PICTURES: Program = {
  names: ['xwd'],
  packages: ['x11-apps'],
  purpose: 'what the escape drill sees',
};

export const X_KEYS: Program = {
  names: ['xdotool'],
  packages: ['xdotool'],
  purpose: 'the keys of the escape drill',
};

export const COMPOSITOR: Program = {
  names: ['cage'],
  packages: ['cage', 'xwayland'],
  purpose: 'the compositor of a kiosk, for the escape drill',
};

/** What the tests and the demo need. */
export const TEST_PROGRAMS = [
  CHROMIUM,
  COMPOSITOR,
  CURL,
  IPROUTE,
  MOSQUITTO,
  OPENSSL,
  POSTGRESQL,
  STILL_CAMERA,
  X_KEYS,
  X_PICTURES,
  X_SERVER,
];

/** The program's path, or null. */
export function find({ names }: Program): string | null {
  for (const name of names) {
    const { status, stdout } = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' });
    if (status === 0) return stdout.trim();
  }
  return null;
}

/**
 * Makes sure the programs are there: installs their Debian packages when this process may.
 * @throws Error that says what to install when it may not
 */
export function ensure(programs: readonly Program[]): void {
  const missing = programs.filter((program) => find(program) === null);
  if (missing.length === 0) return;
  const packages = missing.flatMap((program) => program.packages);
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    const wanted = missing.map(({ names, purpose }) => `${names[0]} (${purpose})`).join(', ');
    throw new Error(`Missing: ${wanted}. On Debian run: sudo apt-get install ${packages.join(' ')}`);
  }
  say(`Installing Debian packages: ${packages.join(' ')} …`);
  apt('update', '-qq');
  apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
}

function apt(...args: string[]): void {
  // A machine just started may be busy with its own updates.
  args.push('-o', 'DPkg::Lock::Timeout=300');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env });
  if (status !== 0) throw new Error(`apt-get ${args[0]} failed.`);
}
