extension DeployedFleetPage {
  /// Rows that have every word in them stay; what comes after `#` in the address is looked for at once. A click on a
  /// column's name sorts, a click on a row shows what is in it.
  static let script = """
    const table=document.getElementById('fleet'),find=document.getElementById('find');
    const bodies=[...table.tBodies],order=new Intl.Collator(undefined,{numeric:true});
    const open=(body,isOpen)=>{body.rows[1].hidden=!isOpen;body.querySelector('.open').setAttribute('aria-expanded',isOpen)};
    for(const body of bodies){open(body,false);
    body.rows[0].addEventListener('click',()=>{if(!String(getSelection()))open(body,body.rows[1].hidden)})}
    const filter=()=>{const words=find.value.toLowerCase().split(/\\s+/);let shown=0;
    for(const body of bodies){const text=[...body.rows[0].cells].map(cell=>cell.textContent).join(' ').toLowerCase();
    body.hidden=!words.every(word=>text.includes(word));if(!body.hidden)shown++}
    document.getElementById('found').textContent=find.value.trim()?shown+' of '+bodies.length:'';
    document.getElementById('none').hidden=shown>0||!bodies.length};
    const heads=[...table.tHead.rows[0].cells];
    const value=(body,column)=>{const cell=body.rows[0].cells[column];return cell.dataset.sort??cell.textContent};
    heads.forEach((head,column)=>head.firstChild.addEventListener('click',()=>{
    const sign=head.getAttribute('aria-sort')==='ascending'?-1:1;
    for(const other of heads)other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort',sign>0?'ascending':'descending');
    const number='number' in head.dataset;
    bodies.sort((a,b)=>{const x=value(a,column),y=value(b,column);return sign*(number?x-y:order.compare(x,y))});
    table.append(...bodies)}));
    find.addEventListener('input',filter);
    const named=()=>{try{find.value=decodeURIComponent(location.hash.slice(1))}catch{return}filter();
    const shown=bodies.filter(body=>!body.hidden);if(find.value&&shown.length===1)open(shown[0],true)};
    addEventListener('hashchange',named);if(location.hash)named();
    """
}
