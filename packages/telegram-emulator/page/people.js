// Who the person at the page is, and the groups and channels that they are in.
import { $, element } from "./element.js"
import { api, asked, state } from "./state.js"
import { look } from "./view.js"

const drawUsers = () => {
  const options = state.users.map(({ first_name, id, language_code }) =>
    element("option", { value: id, title: `id ${id}` }, [
      language_code === undefined ? first_name : `${first_name} (${language_code})`,
    ]),
  )
  $("user").replaceChildren(...options, element("option", { value: "new" }, ["New user…"]))
  $("user").value = String(state.user)
}

export const become = async (user) => {
  state.user = user
  state.room = undefined
  sessionStorage.setItem("user", String(user))
  drawUsers()
  await findRooms()
  return look(state.rooms.find(({ chat }) => String(chat.id) === asked.get("room"))?.chat.id)
}

export const findRooms = async () => {
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

export const create = async (firstName, languageCode) => {
  const user = await api("POST", "/users", { firstName, ...(languageCode === "" ? {} : { languageCode }) })
  state.users.push(user)
  await become(user.id)
}

/** Whoever the address names, or was here last; else somebody who is there, or a first person. */
export const findUser = async () => {
  state.users = await api("GET", "/users")
  const found =
    [asked.get("user"), sessionStorage.getItem("user")]
      .map((wanted) => state.users.find(({ id }) => String(id) === wanted))
      .find((user) => user !== undefined) ?? state.users.at(-1)
  if (found === undefined) await create("Ann", navigator.language.split("-")[0])
  else if (found.id !== state.user) await become(found.id)
  else drawUsers()
}
