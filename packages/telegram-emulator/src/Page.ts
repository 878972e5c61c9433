/** The chat page: `GET /`. */
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { join } from "node:path"

const folder = join(import.meta.dirname, "../page")

/** Only what the page itself brings; it may stand in a frame of another local page, such as a demo's. */
const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://localhost:* http://127.0.0.1:*",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
}

const file = (name: string, contentType: string) =>
  Effect.orDie(HttpServerResponse.file(join(folder, name), { contentType, headers }))

/** In the order in which they are read. */
const scripts = ["chat", "people", "view", "message", "formatted", "notices", "state", "element"]

export const routes = Layer.mergeAll(
  HttpRouter.add("GET", "/", file("index.html", "text/html; charset=utf-8")),
  HttpRouter.add("GET", "/page/chat.css", file("chat.css", "text/css; charset=utf-8")),
  ...scripts.map((name) =>
    HttpRouter.add("GET", `/page/${name}.js`, file(`${name}.js`, "text/javascript; charset=utf-8")),
  ),
)
