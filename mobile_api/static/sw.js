// Keeps the app's own files, so that it opens without a network. Answers of the API are not kept here.
const CACHE = "mailhub-" + "VERSION";
const SHELL = ["SHELL"];

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forget().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method === "GET" && url.origin === self.location.origin && SHELL.includes(url.pathname)) {
    event.respondWith(answer(event.request, url.pathname));
  }
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((path) => new Request(path, { cache: "reload" })));
}

async function forget() {
  const old = (await caches.keys()).filter((name) => name.startsWith("mailhub-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request, path) {
  const kept = await (await caches.open(CACHE)).match(path);
  return kept || fetch(request);
}
