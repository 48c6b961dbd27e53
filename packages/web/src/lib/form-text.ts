/** What was typed into a form's fields, by their names: read once, when it is sent. */
export function formText(form: HTMLFormElement): (name: string) => string {
  const fields = new FormData(form);
  return (name) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
}
