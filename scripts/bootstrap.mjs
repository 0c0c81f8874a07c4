/**
 * First step of every npm command: brings `node_modules` up to the lock file, with nothing installed but Node and npm.
 * Plain JavaScript without dependencies, because it runs before there are any, on whatever Node the machine has. What
 * follows it in the same npm script runs on the Node 24 that comes with the dependencies: npm puts
 * `node_modules/.bin` first in PATH, and `hash -r` makes the shell forget where it found `node` before.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.lintel-installed');
const bundledNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`);
/** What builds hnswlib-node. Debian's packages are named like the commands they bring. */
const BUILD_TOOLS = ['python3', 'make', 'g++'];

const fingerprint = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .update(`${process.platform} ${process.arch}`)
  .digest('hex');

if (!isInstalled()) {
  await takeLock();
  // Another run may have installed everything while this one waited.
  if (!isInstalled()) install();
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
  const missing = BUILD_TOOLS.filter((tool) => !answers(tool));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !answers('apt-get')) {
    fail(`Missing: ${missing.join(', ')}. On Debian run: sudo apt-get install ${missing.join(' ')}`);
  }
  say(`Installing Debian packages: ${missing.join(' ')} …`);
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' };
  // A machine just started may be busy with its own updates.
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  run('apt-get', ['update', '-qq', ...wait], quiet);
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...wait, ...missing], quiet);
}

/**
 * Waits for another installation in this folder. The lock is a name in Linux's abstract socket space, which the kernel
 * frees with the process however that ends: nothing stale can be left behind. Elsewhere there is no lock.
 */
async function takeLock() {
  if (process.platform !== 'linux') return;
  const server = createServer().unref();
  for (let told = false; ; told = true) {
    try {
      await once(server.listen(`\0lintel-install:${root}`), 'listening');
      return;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    }
    if (!told) say('Another installation is running in this folder; waiting for it …');
    await setTimeout(500);
  }
}

/** @param {string} command */
function answers(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function run(command, args, env = {}) {
  // Standard output stays free for the command that follows.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (status !== 0) fail(`${command} ${args[0]} failed${error ? `: ${error.message}` : ''}.`);
}

/** @param {string} message */
function say(message) {
  process.stderr.write(`${message}\n`);
}

/** @param {string} message */
function fail(message) {
  say(message);
  process.exit(1);
}
