// Looks again every so often at the same address, and changes on the page what is different.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const every = Number(document.body.dataset.refresh) * 1000;
  const [told, checked, button] = [byId("told"), byId("checked"), byId("pause")];
  if (!(every > 0) || !told) return;
  const address = location.origin + location.pathname + location.search; // without a user's name and password
  const isRefusal = "refusal" in document.body.dataset;
  let [tag, timer, asking, paused, touched] = [null, 0, false, false, false];
  let last = new Date(document.querySelector("time[data-made][datetime]")?.dateTime ?? Date.now());

  const clock = (moment) => `${moment.toISOString().slice(11, 19)} UTC`;
  const minute = (moment) => `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const say = (where, text) => where.textContent === text || (where.textContent = text);
  const REFUSED = {
    401: "Its token was revoked or has expired: load the page again, and give another token.",
    403: "Its token does not allow it any more.",
    404: "What it shows is not registered any more.",
    429: "Too many requests came with its token.",
  };

  function show(page) {
    document.title = page.title;
    Idiomorph.morph(document.body, page.body, {
      ignoreActiveValue: true,
      callbacks: {
        // Theirs: the line on updating, the chart, and filters that somebody is filling in.
        beforeNodeMorphed: (old) => !["updating", "chart"].includes(old.id) && !(old.id === "filters" && touched),
        beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details"),
      },
    });
    document.dispatchEvent(new Event("etl:shown"));
  }

  function reached(moment, isNew) {
    document.body.classList.remove("old");
    last = moment;
    for (const one of document.querySelectorAll("time[data-made]")) {
      say(one, minute(moment));
      if (one.dateTime) one.dateTime = moment.toISOString();
    }
    if (isNew || !told.textContent.startsWith("Updated")) say(told, `Updated at ${clock(moment)}.`);
    say(checked, isNew ? "" : `Nothing is new at ${clock(moment)}.`);
  }

  function lost(refusal, why) {
    document.body.classList.add("old");
    const away = `The monitor cannot be reached since ${clock(last)}: ${why}. The page shows what was then.`;
    say(told, refusal ? `${refusal} The page shows what was at ${clock(last)}.` : away);
  }

  async function ask() {
    if (asking) return;
    asking = true;
    clearTimeout(timer);
    let [wait, refusal] = [every, null];
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(address, { headers, cache: "no-store", signal: AbortSignal.timeout(60_000) });
      const moment = new Date(answer.headers.get("Date") ?? Date.now());
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (!page.body.dataset.refresh) throw new Error("something else answers at its address");
        if (isRefusal) return void location.reload();
        show(page);
        tag = answer.headers.get("ETag");
      } else if (answer.status !== 304) {
        refusal = REFUSED[answer.status];
        if (answer.status === 429) wait = Math.max(every, 1000 * Number(answer.headers.get("Retry-After")));
        throw new Error("it, or its database, is away or busy");
      }
      reached(moment, answer.ok);
    } catch (error) {
      const isSilent = error instanceof TypeError || error.name === "TimeoutError";
      if (!isRefusal) lost(refusal, isSilent ? "it does not answer" : error.message);
      say(checked, paused ? "" : `It looks again at ${clock(new Date(Date.now() + wait))}.`);
    } finally {
      asking = false;
      if (!paused && !document.hidden) timer = setTimeout(ask, wait);
    }
  }

  function pause() {
    paused = !paused;
    button.textContent = paused ? "Resume updating" : "Pause updating";
    if (!paused) return void ask();
    clearTimeout(timer);
    say(told, `Paused at ${clock(new Date())}. The page shows what was at ${clock(last)}.`);
    say(checked, "");
  }

  button.hidden = false;
  button.addEventListener("click", pause);
  byId("filters")?.addEventListener("input", () => { touched = true; });
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && !paused) ask();
  });
  say(told, isRefusal ? "The page looks again by itself." : `The page updates itself every ${every / 1000} seconds.`);
  timer = setTimeout(ask, every);
})();
