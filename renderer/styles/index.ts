/** Every style, in the order in which they build on each other. */
import './tokens.css';
import './base.css';
import './controls.css';
import './dialog.css';
import './keyboard.css';
import './kiosk.css';
import './guide.css';
import './light.css';
import './notice.css';
import './operator.css';
import './people.css';
import './settings.css';
import './events.css';
import './pin.css';
import './enrol.css';
import './server.css';
import './visitors.css';
