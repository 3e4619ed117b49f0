/**
 * What a report does in the browser: a slider shows one of several pictures, and a tooltip describes what the pointer is over. Without it,
 * the page shows the last of the pictures.
 */
export const script = `
(() => {
  const slide = () => { for (const box of document.querySelectorAll('[data-slides]')) {
    const slides = [...box.querySelectorAll('[data-slide]')];
    const input = box.querySelector('input');
    const output = box.querySelector('output');
    const button = box.querySelector('button');
    const show = (index) => {
      slides.forEach((slide, i) => { slide.hidden = i !== index; });
      output.textContent = slides[index].dataset.slide;
    };
    let timer;
    const stop = () => { clearInterval(timer); timer = undefined; button.textContent = 'Play'; };
    input.addEventListener('input', () => { stop(); show(Number(input.value)); });
    button.addEventListener('click', () => {
      if (timer) return stop();
      if (Number(input.value) === slides.length - 1) input.value = 0;
      show(Number(input.value));
      button.textContent = 'Stop';
      timer = setInterval(() => {
        input.value = Number(input.value) + 1;
        show(Number(input.value));
        if (Number(input.value) === slides.length - 1) stop();
      }, 500);
    });
    show(Number(input.value));
    box.querySelector('.slider').hidden = false;
  } };
  slide();
  document.addEventListener('renewed', slide);
  const tip = document.getElementById('tip');
  document.addEventListener('pointermove', (event) => {
    const target = event.target instanceof Element ? event.target.closest('[data-tip]') : null;
    tip.hidden = !target;
    if (!target) return;
    tip.textContent = target.dataset.tip;
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - width - 8);
    const above = event.clientY - height - 12;
    tip.style.left = Math.max(8, left) + 'px';
    tip.style.top = (above > 0 ? above : event.clientY + 20) + 'px';
  });
  document.addEventListener('pointerleave', () => { tip.hidden = true; });
})();
`;
