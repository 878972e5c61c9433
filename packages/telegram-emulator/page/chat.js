// The chat page: what the person does, and what happens.
import { $ } from "./element.js"
import { showStatus, toast } from "./notices.js"
import { become, create, findRooms, findUser } from "./people.js"
import { act, api, asked, send, state } from "./state.js"
import { look, refresh } from "./view.js"

// -- What the person does.

$("compose").addEventListener("submit", (event) => {
  event.preventDefault()
  const text = $("text").value
  if (text.trim() === "") return
  $("text").value = ""
  $("messages").scrollTop = $("messages").scrollHeight
  void send(text)
})

$("start").addEventListener("click", () => {
  const parameter = asked.get("start")
  void send(parameter === null ? "/start" : `/start ${parameter}`)
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
