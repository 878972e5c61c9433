// What passes: a line over the chat, and what the bot is doing.
import { $ } from "./element.js"

let toastTimer

export const toast = (text) => {
  $("toast").textContent = text
  $("toast").hidden = false
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => ($("toast").hidden = true), 3500)
}

let statusTimer

export const showStatus = (text, forMs) => {
  $("status").textContent = text
  clearTimeout(statusTimer)
  if (forMs !== undefined) statusTimer = setTimeout(() => ($("status").textContent = "bot"), forMs)
}
