// Buttons that only scripts can serve; until then they are not shown (.needs-script).
//   <button data-copy="text" data-copied="已复制">   the words go to a role=status beside it
//   <button data-print>
document.documentElement.classList.add("scripted");

document.addEventListener("click", async (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  if (!navigator.clipboard) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const status = button.parentElement.querySelector("[role=status]");
  if (status) status.textContent = button.dataset.copied;
});
