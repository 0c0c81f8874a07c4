import './zod-config.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { followAppliance } from './appliance.ts';
import { connect } from './bridge/bridge.ts';
import { confine } from './confine.ts';
import { loadLandmarker } from './guidance/landmarker.ts';
import { followSession } from './operator/session.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/dialog.css';
import './styles/keyboard.css';
import './styles/kiosk.css';
import './styles/light.css';
import './styles/notice.css';
import './styles/operator.css';
import './styles/pin.css';
import './styles/enrol.css';
import './styles/server.css';

confine();
connect();
followAppliance();
followSession();
void loadLandmarker();

const root = document.getElementById('app');
if (root) render(<App />, root);
