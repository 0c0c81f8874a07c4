import '../zod-config.ts';
import { render } from 'preact';
import { LANGUAGES, type Language } from '#contract';
import { connect } from '../bridge/bridge.ts';
import { setLanguage } from '../i18n.ts';
import { pageBridge } from './page-bridge.ts';
import { listenToPage, settings } from './page.ts';
import { Widget } from './widget.tsx';
import '../styles/tokens.css';
import '../styles/base.css';
import '../styles/controls.css';
import '../styles/kiosk.css';
import '../styles/guide.css';
import '../styles/light.css';
import '../styles/notice.css';
import './widget.css';

Object.assign(window, { lintel: pageBridge });
connect();
settings.subscribe((wanted) => setLanguage(languageOf(wanted?.language ?? navigator.language)));
listenToPage();

const root = document.getElementById('app');
if (root) render(<Widget />, root);

/** The one of ours that is nearest to a language tag such as `ar-EG`. */
function languageOf(tag: string): Language {
  const [primary] = tag.toLowerCase().split('-');
  return LANGUAGES.find((language) => language === primary) ?? 'en';
}
