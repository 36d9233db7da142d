import { type Markup, markup } from '../conformance/report/html-markup.js';
import { layout } from './html-layout.js';

/** Asks for the token, once for each browser and start of the server. */
export function loginPage(isWrong: boolean): Markup {
  const body = markup`<form class="login" method="post" action="/login"><h1 class="plain">readmill</h1>
${isWrong ? markup`<p class="bad" role="alert">That is not the token, or too many wrong ones were tried in the last minute.</p>` : null}
<p><label>Token <input type="password" name="token" id="token" required autofocus autocomplete="current-password"></label></p>
<p class="note">It lies on the server, in the file that serve.tokenFile names.</p>
<p><button>Open the dashboard</button></p></form>`;
  return layout({ title: 'readmill: log in', page: 'login', environment: null, body });
}
