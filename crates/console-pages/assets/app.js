// What comes on top of pages that work without it: copy buttons, local times, no second click, and parts that reload themselves.
const root = document.documentElement;

// A page from the back/forward cache may show what a session that has ended could see.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

// The second of two quick clicks sends nothing: the answer to the first is on its way.
addEventListener('submit', (event) => {
  const { dataset } = event.target;
  if (event.timeStamp - dataset.sent < 3000) event.preventDefault();
  else dataset.sent = event.timeStamp;
});

function addCopyButtons(within) {
  for (const element of within.querySelectorAll('[data-copy]')) {
    if (element.dataset.copy === 'done' || !navigator.clipboard) continue;
    element.dataset.copy = 'done';
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'quiet';
    button.textContent = root.dataset.copyWord;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(element.value ?? element.textContent);
        button.textContent = root.dataset.copied;
      } catch {
        button.textContent = root.dataset.notCopied;
      }
      setTimeout(() => { button.textContent = root.dataset.copyWord; }, 2000);
    });
    (element.closest('pre') ?? element).after(' ', button);
  }
}

function selectOnFocus(within) {
  for (const input of within.querySelectorAll('input[readonly]')) {
    input.addEventListener('focus', () => input.select());
  }
}

function addLocalTimes(within) {
  const format = new Intl.DateTimeFormat(root.lang, { dateStyle: 'medium', timeStyle: 'long' });
  for (const time of within.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    const local = format.format(at);
    time.title = time.title && !time.title.includes(local) ? `${time.title} = ${local}` : local;
  }
}

function enhance(within) {
  addCopyButtons(within);
  selectOnFocus(within);
  addLocalTimes(within);
}

// One stream for a page: it is closed while nobody looks, and its events only say that something has changed.
function follow(sections) {
  const { live: url, page: address } = sections[0].dataset;
  let source, pending, timer;
  // Parsed as a document, never as markup in a string.
  const load = () => {
    if (pending) return;
    pending = new XMLHttpRequest();
    // Not the address of this page, which may be where a form was sent to.
    pending.open('GET', address);
    // Nobody need be looking: it keeps no session alive.
    pending.setRequestHeader('X-Live', '1');
    pending.responseType = 'document';
    pending.onloadend = () => {
      const page = pending.status === 200 ? pending.response : null;
      pending = null;
      if (!page) return;
      for (const section of document.querySelectorAll('[data-live]')) {
        const fresh = page.getElementById(section.id);
        // What somebody is typing stays.
        if (!fresh || section.contains(document.activeElement)) continue;
        const copy = document.importNode(fresh, true);
        section.replaceWith(copy);
        enhance(copy);
      }
    };
    pending.send();
  };
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(load, 200);
  };
  const open = () => {
    source = new EventSource(url);
    source.addEventListener('changed', changed);
  };
  const close = () => { source?.close(); source = null; };
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) close();
    else if (!source) { open(); changed(); }
  });
  addEventListener('pagehide', close);
  if (!document.hidden) open();
}

enhance(document);
const live = document.querySelectorAll('[data-live]');
if (live.length) follow(live);
