/**
 * The script of the dashboard: it draws progress, fetches the page again when something has changed, and opens
 * pages by key. All text comes escaped from the server; the page works without it.
 */
export const PAGE_SCRIPT = `'use strict';
(() => {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target;
    if (at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement) {
      if (event.key === 'Escape') at.blur();
      return;
    }
    const found = document.querySelector('[data-key="' + CSS.escape(event.key) + '"]');
    if (found === null) return;
    event.preventDefault();
    if (found instanceof HTMLInputElement) found.focus();
    else found.click();
  });
})();
(() => {
  if (!document.body.hasAttribute('data-live')) return;
  const live = document.getElementById('live');
  const lost = document.getElementById('lost');

  let wanted = false;
  let fetching = false;

  async function renew() {
    wanted = true;
    // Whoever writes into a field, or has text selected, is not disturbed.
    if (fetching || live.querySelector('input:focus') || !document.getSelection().isCollapsed) return;
    wanted = false;
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { 'x-part': 'main' }, redirect: 'manual' });
      if (answer.type === 'opaqueredirect') return void location.reload();
      if (!answer.ok) return;
      const text = await answer.text();
      const open = [...live.querySelectorAll('details[open][id]')].map((one) => one.id);
      const focus = document.activeElement && document.activeElement.id;
      live.innerHTML = text;
      for (const id of open) document.getElementById(id)?.setAttribute('open', '');
      if (focus) document.getElementById(focus)?.focus();
    } finally {
      fetching = false;
      if (wanted) setTimeout(renew, 500);
    }
  }

  function progress(run) {
    const bar = live.querySelector('progress');
    if (run === null || bar === null) {
      if ((run === null) !== (bar === null)) void renew();
      return;
    }
    const isKnown = run.done !== null && run.total > 0;
    if (isKnown) {
      bar.max = run.total;
      bar.value = run.done;
    } else bar.removeAttribute('value');
    live.querySelector('.progress .step').textContent = run.step;
    live.querySelector('.progress .share').textContent = isKnown
      ? Math.floor((run.done / run.total) * 100) + ' %'
      : '';
  }

  const events = new EventSource('/api/events');
  let opened = false;
  events.addEventListener('open', () => {
    lost.hidden = true;
    if (opened) void renew();
    opened = true;
  });
  events.addEventListener('error', () => {
    lost.hidden = false;
  });
  events.addEventListener('changed', () => void renew());
  events.addEventListener('progress', (event) => progress(JSON.parse(event.data)));
  document.addEventListener('focusout', () => {
    if (wanted) setTimeout(renew, 100);
  });
})();
`;
