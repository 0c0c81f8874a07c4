#!/usr/bin/env node
import { runBrowserShell } from './shell/run-browser-shell.ts';

await runBrowserShell();
