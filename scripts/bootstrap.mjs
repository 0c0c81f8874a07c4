/**
 * First step of every npm command: brings `node_modules` up to the lock file, with nothing installed but Node and npm.
 * Plain JavaScript without dependencies, because it runs before there are any, on whatever Node the machine has. What
 * follows it in the same npm script runs on the Node 24 that comes with the dependencies: npm puts
 * `node_modules/.bin` first in PATH.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.lintel-installed');
const lock = join(root, '.cache', 'install.lock');
const bundledNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`);
/** Debian packages that build hnswlib-node, by the command each brings. */
const BUILD_TOOLS = { python3: 'python3', make: 'make', 'g++': 'g++' };

const fingerprint = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

if (!isInstalled()) {
  takeLock();
  try {
    // Another run may have installed everything while this one waited.
    if (!isInstalled()) install();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint;
}

function install() {
  ensureBuildTools();
  say('Installing packages …');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  const [major] = process.versions.node.split('.');
  if (!existsSync(bundledNode) && Number(major) < 24) {
    fail(
      `Lintel brings its own Node 24 on Linux x64 and arm64 only. Install Node 24 or newer on this machine.`,
    );
  }
  say('Building the vector index …');
  // The headers come with the bundled Node, so that node-gyp does not fetch them from elsewhere.
  const headers = existsSync(bundledNode) ? { npm_config_nodedir: bundledNode } : {};
  run('npm', ['rebuild', 'hnswlib-node', '--loglevel=error'], headers);
  writeFileSync(stamp, fingerprint);
}

function ensureBuildTools() {
  const missing = Object.keys(BUILD_TOOLS).filter((tool) => !answers(tool, ['--version']));
  if (missing.length === 0) return;
  const packages = missing.map((tool) => BUILD_TOOLS[tool]).join(' ');
  if (process.getuid?.() !== 0 || !answers('apt-get', ['--version'])) {
    fail(`Missing: ${missing.join(', ')}. On Debian run: sudo apt-get install ${packages}`);
  }
  say(`Installing Debian packages: ${packages} …`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], quiet);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages.split(' ')], quiet);
}

/** Waits for another installation in this folder; takes over one whose process is gone. */
function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; ;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!isAlive(Number(readFileSync(lock, 'utf8')))) rmSync(lock, { force: true });
    else if (!told) {
      say('Another installation is running in this folder; waiting for it …');
      told = true;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function answers(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function run(command, args, env = {}) {
  // Standard output stays free for the command that follows.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (status !== 0) fail(`${command} ${args[0]} failed${error ? `: ${error.message}` : ''}.`);
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

function fail(message) {
  say(message);
  rmSync(lock, { force: true });
  process.exit(1);
}
