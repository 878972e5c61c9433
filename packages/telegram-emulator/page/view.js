// The chat that is seen: messages as they come and change, and what surrounds them.
import { $, element } from "./element.js"
import { drawMessage } from "./message.js"
import { toast } from "./notices.js"
import { api, send, state } from "./state.js"

const messages = $("messages")

const day = (seconds) => new Date(seconds * 1000).toLocaleDateString([], { day: "numeric", month: "long" })

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
  const hadStart = document.activeElement === $("start")
  $("start").hidden = !isNew
  $("text").hidden = isNew || chat.blocked
  $("send").hidden = isNew || chat.blocked
  if (hadStart && !isNew) $("text").focus()
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
export const refresh = () => {
  drawing = drawing.then(redraw).catch((error) => toast(error.message))
  return drawing
}

/** Sees the private chat with the bot, or a group or channel. */
export const look = (room) => {
  state.room = room
  state.drawn.clear()
  messages.replaceChildren()
  $("place").value = String(room ?? "")
  return refresh()
}
