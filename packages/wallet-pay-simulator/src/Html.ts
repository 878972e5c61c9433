/** HTML by template: whatever is put in is escaped, unless it is HTML already. */
import { HttpServerResponse } from "effect/http"

export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Html | ReadonlyArray<Html> | undefined

export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html =>
  new Html(strings.map((text, i) => text + render(values[i])).join(""))

const render = (value: Value): string =>
  value === undefined
    ? ""
    : value instanceof Html
      ? value.text
      : typeof value === "object"
        ? value.map(render).join("")
        : String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A whole page. It runs no script, loads nothing, and its forms go to this server only. */
export const page = (code: number, title: string, body: Html, refreshAfterSeconds?: number) =>
  HttpServerResponse.text(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          ${refreshAfterSeconds === undefined ? undefined : html`<meta http-equiv="refresh" content="${refreshAfterSeconds}" />`}
          <title>${title}</title>
          <style>
            ${style}
          </style>
        </head>
        <body>
          ${body}
        </body>
      </html>`.text,
    {
      status: code,
      contentType: "text/html; charset=utf-8",
      headers: {
        "cache-control": "no-store",
        "content-security-policy":
          "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
      },
    },
  )

const style = new Html(`
  :root { --ink: #10151c; --dim: #6b7684; --line: #e3e8ee; --page: #eef2f6; --card: #fff; --blue: #0a84ff; --good: #1f9d55; --bad: #d64545; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #f2f5f8; --dim: #93a0af; --line: #2c3540; --page: #10151c; --card: #19212b; --blue: #3d9bff; --good: #4cc38a; --bad: #ff7b72; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; padding: 24px 16px; background: var(--page); color: var(--ink);
    font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
  a { color: var(--blue); }
  .card { max-width: 420px; margin: 4vh auto 0; background: var(--card); border: 1px solid var(--line); border-radius: 18px;
    padding: 24px; box-shadow: 0 8px 30px rgb(16 21 28 / 6%); overflow-wrap: anywhere; }
  .brand { display: flex; justify-content: space-between; align-items: center; font-weight: 650; }
  .badge { font-size: 12px; font-weight: 600; color: var(--dim); border: 1px solid var(--line); border-radius: 99px; padding: 2px 10px; }
  .price { margin: 24px 0 4px; font-size: 38px; line-height: 1.15; font-weight: 700; letter-spacing: -.02em; }
  .price small { font-size: 20px; font-weight: 600; color: var(--dim); letter-spacing: 0; }
  .price.long { font-size: 26px; }
  .about { margin: 0 0 16px; color: var(--dim); }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 0 0 20px; padding: 14px 0; font-size: 14px;
    border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
  dt { color: var(--dim); } dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
  fieldset { border: 0; margin: 0 0 20px; padding: 0; } legend { padding: 0 0 8px; font-size: 14px; color: var(--dim); }
  .option { display: flex; align-items: center; gap: 12px; padding: 12px 14px; margin-bottom: 8px; border: 1px solid var(--line);
    border-radius: 12px; cursor: pointer; }
  .option:has(:checked) { border-color: var(--blue); box-shadow: inset 0 0 0 1px var(--blue); }
  .option input { margin: 0; width: 18px; height: 18px; accent-color: var(--blue); flex: none; }
  .option b { flex: 1; } .option span { font-variant-numeric: tabular-nums; }
  button, .button { display: block; width: 100%; padding: 13px; border: 0; border-radius: 12px; background: var(--blue); color: #fff;
    font: inherit; font-weight: 650; text-align: center; text-decoration: none; cursor: pointer; }
  button.quiet { margin-top: 8px; background: none; color: var(--bad); }
  :focus-visible { outline: 3px solid color-mix(in srgb, var(--blue) 45%, transparent); outline-offset: 2px; }
  .mark { display: grid; place-items: center; width: 64px; height: 64px; margin: 28px auto 12px; border-radius: 50%; color: #fff; }
  .mark svg { width: 30px; height: 30px; fill: none; stroke: currentColor; stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
  .good { background: var(--good); } .bad { background: var(--bad); }
  .outcome { margin: 0 0 4px; font-size: 24px; text-align: center; } .outcome + p { margin: 0 0 20px; text-align: center; color: var(--dim); }
  .note { margin: 14px 0 0; font-size: 13px; color: var(--dim); text-align: center; }
  main { max-width: 1080px; margin: 0 auto; } h1 { font-size: 26px; margin: 8px 0; } h2 { font-size: 18px; margin: 32px 0 10px; }
  .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
  table { width: 100%; border-collapse: collapse; font-size: 14px; }
  th, td { padding: 9px 14px; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
  tr:first-child > * { border-top: 0; } th { color: var(--dim); font-weight: 600; white-space: nowrap; }
  td { overflow-wrap: anywhere; } td:first-child { white-space: nowrap; } td code { color: var(--dim); }
  td:first-child code { color: var(--ink); }
  code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
  pre { margin: 0; padding: 14px; overflow-x: auto; }
`)
