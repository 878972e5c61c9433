// The page's elements. Everything that a bot or a user wrote is put in by textContent; nothing is ever parsed as HTML.

export const $ = (id) => document.getElementById(id)

export const element = (name, attributes = {}, children = []) => {
  const node = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value)
    else if (value !== undefined) node.setAttribute(key, value)
  }
  node.append(...children)
  return node
}
