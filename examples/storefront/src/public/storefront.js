const notice = document.querySelector('#notice');

function card({ name, description, price }) {
  const item = document.createElement('li');
  const texts = [
    ['h2', name],
    ['p', description],
    ['p', `${price.amount} ${price.currency}`],
  ];
  const parts = texts.map(([tag, text]) => Object.assign(document.createElement(tag), { textContent: text }));
  parts.at(-1).className = 'price';
  item.append(...parts);
  return item;
}

async function show() {
  const response = await fetch(`/api/products${location.search}`);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  document.querySelector('#products').replaceChildren(...body.products.map(card));
  notice.textContent = `${body.products.length} products`;
}

show().catch((error) => {
  notice.textContent = `The products cannot be shown: ${error.message}`;
});
