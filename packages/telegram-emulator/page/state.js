// What the page knows, and the control API, by which all that a person does goes.
// The address may name ?user=<id>, ?room=<id>, ?bot=<id> and ?start=<parameter>, as a deep link would. With ?embedded, in
// a frame, a button that opens a link tells the page around it: {"type":"open","url":…}.
import { toast } from "./notices.js"

export const asked = new URLSearchParams(location.search)

export const isEmbedded = asked.has("embedded") && parent !== window

export const state = {
  bot: undefined,
  /** @type {Array<{ id: number, first_name: string, language_code?: string }>} */
  users: [],
  /** @type {number | undefined} */
  user: undefined,
  /**
   * The group or channel that is seen; none for the private chat with the bot.
   * @type {number | undefined}
   */
  room: undefined,
  /**
   * The groups and channels that the person is in.
   * @type {Array<{ chat: { id: number, title: string } }>}
   */
  rooms: [],
  /** What each message looked like when it was last drawn. */
  drawn: new Map(),
  /** Buttons that wait for the bot's answer, by callback query. */
  waiting: new Map(),
}

// -- The control API.

export const api = async (method, path, body) => {
  const response = await fetch(`/emulator${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  })
  if (response.ok) return response.status === 204 ? undefined : response.json()
  const problem = await response.json().catch(() => ({}))
  throw new Error(problem.reason ?? (problem.what === undefined ? `Error ${response.status}` : `No ${problem.what}`))
}

/** What the person does in the chat that they see. */
export const act = (method, path, body) =>
  (state.room === undefined
    ? api(method, `/users/${state.user}${path}`, { bot: state.bot.id, ...body })
    : api(method, `/rooms/${state.room}${path}`, { user: state.user, ...body })
  ).catch((error) => {
    toast(error.message)
  })

export const send = (text) => act("POST", "/messages", { text })
