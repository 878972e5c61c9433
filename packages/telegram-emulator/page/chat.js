// The chat page. Everything that a bot or a user wrote is put in by textContent; nothing is ever parsed as HTML.
// The address may name ?user=<id>, ?room=<id>, ?bot=<id> and ?start=<parameter>, as a deep link would. With ?embedded, in
// a frame, a button that opens a link tells the page around it: {"type":"open","url":…}.

const asked = new URLSearchParams(location.search)
const $ = (id) => document.getElementById(id)
const messages = $("messages")

const state = {
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

const api = async (method, path, body) => {
  const response = await fetch(`/emulator${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  })
  if (response.ok) return response.status === 204 ? undefined : response.json()
  const problem = await response.json().catch(() => ({}))
  throw new Error(problem.reason ?? (problem.what === undefined ? `Error ${response.status}` : `No ${problem.what}`))
}

/** What the person does in the chat that they see. */
const act = (method, path, body) =>
  (state.room === undefined
    ? api(method, `/users/${state.user}${path}`, { bot: state.bot.id, ...body })
    : api(method, `/rooms/${state.room}${path}`, { user: state.user, ...body })
  ).catch((error) => {
    toast(error.message)
  })

const isEmbedded = asked.has("embedded") && parent !== window

// -- Drawing.

const element = (name, attributes = {}, children = []) => {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value)
    else if (value !== undefined) node.setAttribute(key, value)
  }
  node.append(...children)
  return node
}

const linkSchemes = new Set(["http:", "https:", "tg:", "mailto:", "tel:"])

const safeLink = (url) => {
  const parsed = URL.parse(url)
  return parsed !== null && linkSchemes.has(parsed.protocol) ? parsed.href : undefined
}

const link = (url, children) => {
  const href = safeLink(url)
  return href === undefined
    ? element("span", {}, children)
    : element("a", { href, target: "_blank", rel: "noopener noreferrer" }, children)
}

const entityTags = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
}

const blocks = new Set(["pre", "blockquote", "expandable_blockquote"])

const entityNode = (entity, text, children) => {
  switch (entity.type) {
    case "text_link":
      return link(entity.url, children)
    case "url":
      return link(text, children)
    case "bot_command":
      return element("button", { type: "button", class: "command", onclick: () => send(text) }, children)
    case "spoiler":
      return element("span", { class: "spoiler", tabindex: "0" }, children)
    default:
      return element(entityTags[entity.type] ?? "span", {}, children)
  }
}

/** Entities come in order, outer before inner, and lie in each other like brackets. */
const formatted = (text, entities, from = 0, to = text.length) => {
  const nodes = []
  let at = from
  for (let index = 0; index < entities.length; index++) {
    const entity = entities[index]
    const end = entity.offset + entity.length
    if (entity.offset < at || end > to) continue
    const inner = entities.slice(index + 1).filter((other) => other.offset >= entity.offset && other.offset < end)
    nodes.push(text.slice(at, entity.offset))
    nodes.push(entityNode(entity, text.slice(entity.offset, end), formatted(text, inner, entity.offset, end)))
    // A block ends its line by itself.
    at = text[end] === "\n" && blocks.has(entity.type) ? end + 1 : end
  }
  nodes.push(text.slice(at, to))
  return nodes.filter((node) => node !== "")
}

const time = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })

const day = (seconds) => new Date(seconds * 1000).toLocaleDateString([], { day: "numeric", month: "long" })

const drawMessage = (message, isMine) => {
  const history = element(
    "div",
    { class: "history", hidden: "" },
    message.earlier.map((version) =>
      element("div", {}, [`${time(version.edit_date ?? version.date)}  ${version.text}`]),
    ),
  )
  const toggle = () => history.toggleAttribute("hidden")
  const edited = element("button", { type: "button", title: "Show what it was before", onclick: toggle }, ["edited"])
  const meta = element("span", { class: "meta" }, [
    ...(message.edit_date === undefined ? [] : [edited, " "]),
    time(message.date),
  ])
  const quoted = message.reply_to_message?.text
  const rows = message.reply_markup?.inline_keyboard ?? []
  return element(
    "li",
    {
      class: `message${isMine ? " mine" : ""}${rows.length > 0 ? " has-keys" : ""}`,
      "data-id": message.message_id,
    },
    [
      element("div", { class: "bubble" }, [
        ...(state.room === undefined || isMine ? [] : [element("b", { class: "author" }, [message.from.first_name])]),
        ...(message.forwarded_from === undefined
          ? []
          : [element("span", { class: "quote" }, [`Forwarded from ${message.forwarded_from.first_name}`])]),
        ...files(message),
        ...(quoted === undefined ? [] : [element("span", { class: "quote" }, [quoted])]),
        element("span", { class: "text" }, formatted(message.text, message.entities ?? [])),
        meta,
        history,
      ]),
      element(
        "div",
        { class: "keys" },
        rows.map((row) =>
          element(
            "div",
            {},
            row.map((button) => drawKey(button, message.message_id)),
          ),
        ),
      ),
    ],
  )
}

const files = ({ document: file, photo }) =>
  [
    [photo, "Photo"],
    [file, "File"],
  ].flatMap(([one, kind]) =>
    one === undefined
      ? []
      : [element("span", { class: "file" }, [`${kind}: ${one.file_name ?? "unnamed"}, ${one.file_size} bytes`])],
  )

const drawKey = (button, messageId) => {
  const press = () => act("POST", "/presses", { messageId, text: button.text, ...dataOf(button) })
  const opens = safeLink(button.url ?? button.web_app?.url ?? "")
  if (opens !== undefined) {
    const onclick = (event) => {
      void press()
      if (!isEmbedded || event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      parent.postMessage({ type: "open", url: opens }, "*")
    }
    return element(
      "a",
      { class: "key", href: opens, target: "_blank", rel: "noopener noreferrer", title: opens, onclick },
      [button.text],
    )
  }
  const key = element("button", { type: "button", class: "key" }, [button.text])
  key.addEventListener("click", async () => {
    const pressed = await press()
    if (pressed?._tag === "Copied") {
      await navigator.clipboard?.writeText(pressed.text)
      toast("Copied")
    } else if (pressed?._tag === "Asked") {
      key.setAttribute("aria-busy", "true")
      state.waiting.set(pressed.callbackQueryId, key)
      setTimeout(() => key.removeAttribute("aria-busy"), 15_000)
    }
  })
  return key
}

const dataOf = ({ callback_data: data }) => (data === undefined ? {} : { data })

/** Draws only what is new or has changed, so that the rest keeps its place and the reader theirs. */
const drawChat = (chat) => {
  const atEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 60
  const isFirst = state.drawn.size === 0
  const kept = new Set()
  let previous
  let lastDay
  let focused
  for (const label of messages.querySelectorAll(".day, .empty")) label.remove()
  for (const message of chat.messages) {
    const looks = JSON.stringify(message)
    const known = state.drawn.get(message.message_id)
    let node = known?.node
    if (known?.looks !== looks) {
      focused ??= focusIn(known?.node)
      node = drawMessage(message, message.from.id === chat.user.id)
      if (known !== undefined) node.classList.add("changed")
      known?.node.remove()
      state.drawn.set(message.message_id, { looks, node })
    }
    kept.add(message.message_id)
    if (day(message.date) !== lastDay) {
      lastDay = day(message.date)
      previous = place(element("li", { class: "day" }, [lastDay]), previous)
    }
    previous = place(node, previous)
  }
  for (const [id, { node }] of state.drawn) {
    if (kept.has(id)) continue
    node.remove()
    state.drawn.delete(id)
  }
  focused?.()
  if (chat.messages.length === 0) messages.append(element("li", { class: "empty" }, ["No messages here yet"]))
  if (atEnd || isFirst) messages.scrollTop = messages.scrollHeight

  $("bot-name").textContent = chat.bot.first_name
  document.title = `${chat.bot.first_name} · Telegram emulator`
  $("avatar").textContent = [...chat.bot.first_name][0] ?? ""
  const pinned = chat.messages.find(({ message_id }) => message_id === chat.pinned.at(-1))
  $("pinned").hidden = pinned === undefined
  $("pinned").textContent = `Pinned: ${pinned?.text ?? ""}`
  $("block").hidden = chat.messages.length === 0 || state.room !== undefined
  $("block").textContent = chat.blocked ? "Unblock" : "Block"
  const isNew = chat.messages.length === 0 && !chat.blocked && state.room === undefined
  $("start").hidden = !isNew
  $("text").hidden = isNew || chat.blocked
  $("send").hidden = isNew || chat.blocked
  $("commands").hidden = isNew || chat.blocked || chat.commands.length === 0
  $("commands").replaceChildren(
    ...chat.commands.map(({ command, description }) =>
      element("button", { type: "button", title: description, onclick: () => send(`/${command}`) }, [`/${command}`]),
    ),
  )
}

/** Who had the keyboard on a message's button keeps it, on the button at the same place in the new version, or beside it. */
const focusIn = (node) => {
  if (node === undefined || !node.contains(document.activeElement)) return undefined
  const index = [...node.querySelectorAll(".key")].indexOf(document.activeElement)
  const id = Number(node.dataset.id)
  return () => {
    const keys = [...(state.drawn.get(id)?.node.querySelectorAll(".key") ?? [])]
    const next = keys[Math.max(index, 0)] ?? keys.at(-1) ?? messages
    next.focus({ preventScroll: true })
  }
}

const place = (node, previous) => {
  const next = previous === undefined ? messages.firstChild : previous.nextSibling
  if (node !== next) messages.insertBefore(node, next)
  return node
}

const redraw = async () => {
  const { room, user } = state
  if (user === undefined) return
  const chat =
    room === undefined ? await api("GET", `/users/${user}/chat?bot=${state.bot.id}`) : await roomAsChat(room, user)
  if (user === state.user && room === state.room) drawChat(chat)
}

const roomAsChat = async (id, user) => {
  const { chat, messages, pinned } = await api("GET", `/rooms/${id}`)
  return { bot: { first_name: chat.title }, user: { id: user }, blocked: false, commands: [], messages, pinned }
}

let drawing = Promise.resolve()

/** One after the other: an older answer must not draw over a newer one. */
const refresh = () => {
  drawing = drawing.then(redraw).catch((error) => toast(error.message))
  return drawing
}

let toastTimer

const toast = (text) => {
  $("toast").textContent = text
  $("toast").hidden = false
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => ($("toast").hidden = true), 3500)
}

let statusTimer

const showStatus = (text, forMs) => {
  $("status").textContent = text
  clearTimeout(statusTimer)
  if (forMs !== undefined) statusTimer = setTimeout(() => ($("status").textContent = "bot"), forMs)
}

// -- People.

const drawUsers = () => {
  const options = state.users.map(({ first_name, id, language_code }) =>
    element("option", { value: id, title: `id ${id}` }, [
      language_code === undefined ? first_name : `${first_name} (${language_code})`,
    ]),
  )
  $("user").replaceChildren(...options, element("option", { value: "new" }, ["New user…"]))
  $("user").value = String(state.user)
}

const become = async (user) => {
  state.user = user
  state.room = undefined
  sessionStorage.setItem("user", String(user))
  drawUsers()
  await findRooms()
  return look(state.rooms.find(({ chat }) => String(chat.id) === asked.get("room"))?.chat.id)
}

/** Sees the private chat with the bot, or a group or channel. */
const look = (room) => {
  state.room = room
  state.drawn.clear()
  messages.replaceChildren()
  $("place").value = String(room ?? "")
  return refresh()
}

const findRooms = async () => {
  const rooms = await api("GET", "/rooms")
  const isIn = ({ members }) =>
    members.some(({ id, status }) => id === state.user && status !== "left" && status !== "kicked")
  state.rooms = rooms.filter(isIn)
  $("places").hidden = state.rooms.length === 0
  $("place").replaceChildren(
    element("option", { value: "" }, [state.bot.first_name]),
    ...state.rooms.map(({ chat }) => element("option", { value: chat.id }, [chat.title])),
  )
  $("place").value = String(state.room ?? "")
}

const create = async (firstName, languageCode) => {
  const user = await api("POST", "/users", { firstName, ...(languageCode === "" ? {} : { languageCode }) })
  state.users.push(user)
  await become(user.id)
}

/** Whoever the address names, or was here last; else somebody who is there, or a first person. */
const findUser = async () => {
  state.users = await api("GET", "/users")
  const found =
    [asked.get("user"), sessionStorage.getItem("user")]
      .map((wanted) => state.users.find(({ id }) => String(id) === wanted))
      .find((user) => user !== undefined) ?? state.users.at(-1)
  if (found === undefined) await create("Ann", navigator.language.split("-")[0])
  else if (found.id !== state.user) await become(found.id)
  else drawUsers()
}

// -- What the person does.

const send = (text) => act("POST", "/messages", { text })

$("compose").addEventListener("submit", (event) => {
  event.preventDefault()
  const text = $("text").value
  if (text.trim() === "") return
  $("text").value = ""
  messages.scrollTop = messages.scrollHeight
  void send(text)
})

$("start").addEventListener("click", () => {
  const parameter = asked.get("start")
  void send(parameter === null ? "/start" : `/start ${parameter}`)
  setTimeout(() => $("text").focus(), 300)
})

$("block").addEventListener("click", () => act("PUT", "/blocked", { blocked: $("block").textContent === "Block" }))

$("place").addEventListener("change", () => look($("place").value === "" ? undefined : Number($("place").value)))

$("user").addEventListener("change", () => {
  if ($("user").value !== "new") return become(Number($("user").value))
  $("user").value = String(state.user)
  $("person-name").value = ""
  $("person").showModal()
})

$("person").addEventListener("close", () => {
  if ($("person").returnValue !== "create") return
  create($("person-name").value, $("person-language").value).catch((error) => toast(error.message))
})

// -- What happens.

const onChange = (change) => {
  if (change._tag === "Reset") {
    state.user = undefined
    sessionStorage.removeItem("user")
    return findUser()
  }
  if (change._tag === "MemberChanged") return findRooms()
  if (change.bot !== state.bot.id || change.chat !== (state.room ?? state.user)) return
  switch (change._tag) {
    case "ChatAction":
      return showStatus(`${change.action.replaceAll("_", " ")}…`, 5000)
    case "CallbackAnswered": {
      state.waiting.get(change.callbackQueryId)?.removeAttribute("aria-busy")
      state.waiting.delete(change.callbackQueryId)
      if (change.showAlert && change.text !== "") {
        $("alert-text").textContent = change.text
        $("alert").showModal()
      } else if (change.text !== "") toast(change.text)
      return
    }
    case "MessageSent":
      showStatus("bot")
  }
  void refresh()
}

const bots = await api("GET", "/bots")
state.bot = bots.find(({ id }) => id === Number(asked.get("bot"))) ?? bots[0]

const events = new EventSource("/emulator/changes")
events.addEventListener("open", () => {
  showStatus("bot")
  // Also after a break: what happened meanwhile is seen now.
  findUser()
    .then(refresh)
    .catch((error) => toast(error.message))
})
events.addEventListener("error", () => showStatus("connecting…"))
events.addEventListener("message", ({ data }) => onChange(JSON.parse(data)))
