export interface WelcomeMessage {
  subject: string
  text: string
}

/** The message for a new user: the part before the @ stands in for a name. */
export function composeWelcome(email: string, product: string): WelcomeMessage {
  const words = email.slice(0, email.lastIndexOf('@')).split(/[._+-]+/).filter((word) => word !== '')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
  return { subject: `Welcome to ${product}, ${name}`, text: `Hello ${name},\n\nyour ${product} account is ready.\n` }
}
